import { printableAscii } from '@tinyfat/core';
import type { EgressTarget } from './target.ts';

/** Longest name of a host, and of what was asked for in the place of one. */
const MAX_HOST_LENGTH = 253;

/** Host and port of a refusal for people to read: what the sandbox chose is bounded and printable. */
export function refusedTarget(asked: string, target: EgressTarget): { host: string; port: number | null } {
  return target.ok
    ? { host: target.host, port: target.port }
    : { host: printableAscii(asked, MAX_HOST_LENGTH), port: null };
}
