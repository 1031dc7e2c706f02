/**
 * A turn that writes a rejected mail anew: its mail is a note of the owner, and what answers that note goes where the rejected
 * mail was to go. The addresses are those that the host had composed, never the agent's.
 */
import type { addressOutboxMail, OutboxMail } from '@tinyfat/core';
import { deliveryById, type Mail, runById } from '@tinyfat/database';
import type { ComposedContent } from '@tinyfat/mail';
import type { ConsumerDeps } from '../consumer.ts';

/** The rejected mail, or why it can never be read again. */
type Rejected = { ok: true; mail: ComposedContent } | { ok: false; reason: string };

/** The rejected mail that a mail is a note on; null for any other mail. Throws where it can not be read now. */
export async function rejectedMail(
  { db, rawMail, workers }: Pick<ConsumerDeps, 'db' | 'rawMail' | 'workers'>,
  { rewrites }: Pick<Mail, 'rewrites'>,
): Promise<Rejected | null> {
  if (rewrites === null) return null;
  const delivery = await deliveryById(db, rewrites);
  if (!delivery || delivery.raw_removed_at !== null) {
    return { ok: false, reason: 'The rejected mail, whose addresses it was to have, is no longer stored.' };
  }
  const read = await workers.readComposed(await rawMail.get(delivery.raw_key));
  if (read.ok) return read;
  if (read.code === 'interrupted' || read.code === 'deadline') throw new Error(read.reason);
  return { ok: false, reason: `The rejected mail, whose addresses it was to have: ${read.reason}` };
}

/** Recipients and thread of the rejected mail; its subject, unless the agent gave another one. */
export function addressAsRejected(
  { subject }: OutboxMail,
  rejected: ComposedContent,
): ReturnType<typeof addressOutboxMail> {
  const { to, cc, inReplyTo, references } = rejected;
  return { to, cc, subject: subject ?? rejected.subject, inReplyTo, references, answers: true };
}

/** The session in which the rejected mail was written; null for any other mail. */
export async function rewritingSession(
  { db }: Pick<ConsumerDeps, 'db'>,
  { rewrites }: Pick<Mail, 'rewrites'>,
): Promise<string | null> {
  const delivery = rewrites === null ? undefined : await deliveryById(db, rewrites);
  const run = delivery && (await runById(db, delivery.run_id));
  return run?.session_id ?? null;
}
