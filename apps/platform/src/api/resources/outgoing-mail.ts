/** An outgoing mail as it will leave: its bytes, counted, hashed and taken apart. */
import { approvalDigest, type ByteReservation, readBody } from '@tinyfat/core';
import type { Delivery } from '@tinyfat/database';
import type { ComposedContent } from '@tinyfat/mail';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { readRecipients } from './mails.ts';
import { rawRemoved } from './raw-removed.ts';
import { busy } from './read-file.ts';

export const NOT_COMPOSED =
  'The mail could not be composed, so there are no bytes; the agent has to write it again.';

/** The bytes, and what an approval of them is bound to. */
export interface OutgoingBytes {
  raw: Uint8Array;
  digest: string;
}

/** Reads and hashes the stored message; its bytes are reserved in `reservation` before. */
export async function readOutgoing(
  { rawMail }: Pick<ApiDeps, 'rawMail'>,
  reservation: ByteReservation,
  delivery: Pick<Delivery, 'id' | 'raw_key' | 'raw_removed_at' | 'recipients' | 'envelope_sender'>,
): Promise<({ ok: true } & OutgoingBytes) | Refusal> {
  if (delivery.raw_key === '') return refuse('conflict', NOT_COMPOSED);
  if (delivery.raw_removed_at !== null) return rawRemoved(delivery.raw_removed_at);
  const { size, stream } = await rawMail.stream(delivery.raw_key);
  if (!reservation.take(size)) {
    await stream.cancel();
    return busy();
  }
  const read = await readBody(stream, { maxBytes: size });
  if (!read.ok) {
    throw read.why === 'broken' ? read.error : new Error(`${delivery.raw_key} has more bytes than it had`);
  }
  const digest = await approvalDigest({
    deliveryId: delivery.id,
    envelopeSender: delivery.envelope_sender,
    recipients: readRecipients(delivery.recipients),
    raw: read.bytes,
  });
  return { ok: true, raw: read.bytes, digest };
}

/** What the message says. */
export async function outgoingContent(
  { composer }: Pick<ApiDeps, 'composer'>,
  raw: Uint8Array,
): Promise<{ ok: true; content: ComposedContent } | Refusal> {
  const read = await composer.readComposed(raw);
  if (read.ok) return { ok: true, content: read.mail };
  return read.code === 'interrupted' || read.code === 'deadline'
    ? busy()
    : refuse('conflict', `The stored message can not be read: ${read.reason}`);
}
