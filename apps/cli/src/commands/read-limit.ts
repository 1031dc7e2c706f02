/** How many rows a listing shows. */
import { UsageError } from '../command.ts';

/** The number that it says, from 1 on; throws a UsageError. */
export function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError('--limit: write a whole number from 1 on');
}
