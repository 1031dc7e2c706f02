/** An outgoing mail as it will leave: its bytes, counted, hashed and taken apart. */
import { approvalDigest } from '@tinyfat/core';
import type { Delivery } from '@tinyfat/database';
import type { ComposedContent } from '@tinyfat/mail';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { readRecipients } from './mails.ts';
import { outgoingMessage, readMessage } from './message-bytes.ts';
import { busy } from './read-file.ts';

/** The bytes, and what an approval of them is bound to. */
export interface OutgoingBytes {
  raw: Uint8Array;
  digest: string;
}

/** Reads and hashes the stored message. */
export async function readOutgoing(
  call: Parameters<typeof readMessage>[0],
  row: Pick<Delivery, 'id' | 'raw_key' | 'raw_removed_at' | 'recipients' | 'envelope_sender'>,
): Promise<({ ok: true } & OutgoingBytes) | Refusal> {
  const read = await readMessage(call, async () => outgoingMessage(row));
  if (!read.ok) return read;
  const raw = read.body;
  const digest = await approvalDigest({
    deliveryId: row.id,
    envelopeSender: row.envelope_sender,
    recipients: readRecipients(row.recipients),
    raw,
  });
  return { ok: true, raw, digest };
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
