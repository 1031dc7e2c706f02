/**
 * A form that came when its session was over. What was typed goes back to the browser, to be sent once more after a sign-in:
 * the server stores nothing of it.
 */
import type { ByteReservation } from '@tinyfat/core';
import { readForm } from './form.ts';

/** The longest form of text that a page has. */
const MOST_BYTES = 1024 * 1024;
/** Fields whose values no page repeats. */
const SECRETS = ['key', 'token', 'code'];

/** `fields` is null where they can not be given back: a file, a secret, or more than a form of ours holds. */
export interface HeldForm {
  /** Path and query that it was sent to. */
  action: string;
  fields: readonly (readonly [name: string, value: string])[] | null;
}

/** Reads the form that nobody may send; `path` is where it was sent to. */
export async function holdForm(
  request: Request,
  reservation: ByteReservation,
  path: string,
): Promise<HeldForm> {
  const form = await readForm(request, reservation, MOST_BYTES);
  const given = form.ok && SECRETS.every((name) => !form.fields.has(name));
  return { action: path, fields: given ? [...form.fields] : null };
}
