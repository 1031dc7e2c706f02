/** The bytes of a message that a principal may see. */
import { readBody } from '@tinyfat/core';
import { type Outcome, refuse } from '../answer.ts';
import type { Call } from '../endpoint.ts';
import { rawRemoved } from './raw-removed.ts';
import { busy } from './read-file.ts';

/** What of a call finds a message. */
type Asked = Pick<Call<{ id: string }, unknown, unknown>, 'see' | 'params'>;

/** Gives the key of the stored message that a call is about. */
export type OpenMessage = (asked: Asked) => Promise<Outcome<string>>;

/** A refusal for a delivery that never became bytes. */
export const NOT_COMPOSED =
  'The mail could not be composed, so there are no bytes; the agent has to write it again.';

/** Of a mail that came. */
export const mailMessage: OpenMessage = async ({ see, params }) => {
  const found = await see.mail(params.id);
  return found.ok ? stored(found.row) : found;
};

/** Of a mail that leaves. */
export const deliveryMessage: OpenMessage = async ({ see, params }) => {
  const found = await see.delivery(params.id);
  if (!found.ok) return found;
  return outgoingMessage(found.row);
};

/** The same of a delivery that was found. */
export function outgoingMessage(row: { raw_key: string; raw_removed_at: number | null }): Outcome<string> {
  return row.raw_key === '' ? refuse('conflict', NOT_COMPOSED) : stored(row);
}

/** The whole message; its bytes are reserved before they are read. */
export async function readMessage(
  call: Asked & Pick<Call<unknown, unknown, unknown>, 'deps' | 'reservation'>,
  open: OpenMessage,
): Promise<Outcome<Uint8Array>> {
  const found = await open(call);
  if (!found.ok) return found;
  const { size, stream } = await call.deps.rawMail.stream(found.body);
  if (!call.reservation.take(size)) {
    await stream.cancel();
    return busy();
  }
  const read = await readBody(stream, { maxBytes: size });
  if (read.ok) return { ok: true, body: read.bytes };
  throw read.why === 'broken' ? read.error : new Error('A stored message has more bytes than it had.');
}

/** What `look` makes of the whole message, whose bytes are given back then: an answer may be as large. */
export async function lookAtMessage<Answer>(
  call: Parameters<typeof readMessage>[0],
  open: OpenMessage,
  look: (raw: Uint8Array) => Promise<Outcome<Answer>>,
): Promise<Outcome<Answer>> {
  const read = await readMessage(call, open);
  if (!read.ok) return read;
  try {
    return await look(read.body);
  } finally {
    call.reservation.give(read.body.length);
  }
}

function stored({
  raw_key: key,
  raw_removed_at: removedAt,
}: {
  raw_key: string;
  raw_removed_at: number | null;
}): Outcome<string> {
  return removedAt === null ? { ok: true, body: key } : rawRemoved(removedAt);
}
