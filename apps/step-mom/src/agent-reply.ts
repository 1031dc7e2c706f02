import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { StepMomInput } from './contract.ts';

/** Names of pending outbox mails, each with a fingerprint that changes when the file is written again. */
export type OutboxSnapshot = ReadonlyMap<string, string>;

/** More than this is no mail; the host refuses it as well. */
const longestMailBytes = 64 * 1024 * 1024;

const address = v.pipe(v.string(), v.nonEmpty());
const mailSchema = v.object({
  to: v.nullish(v.array(address)),
  subject: v.nullish(v.string()),
  body: v.pipe(v.string(), v.trim(), v.nonEmpty()),
  in_reply_to: v.nullish(v.string()),
  references: v.nullish(v.union([v.string(), v.array(v.string())])),
  status: v.optional(v.literal('pending'), 'pending'),
});
type WrittenMail = v.InferOutput<typeof mailSchema>;

/** Lists the mails that wait in an outbox folder; a missing folder is empty. */
export function snapshotOutbox(folder: string): OutboxSnapshot {
  const snapshot = new Map<string, string>();
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return snapshot;
  }
  for (const name of names.sort()) {
    if (!name.endsWith('.json')) continue;
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile()) snapshot.set(name, `${stat.ino}:${stat.size}:${stat.mtimeMs}`);
  }
  return snapshot;
}

/** Names of the mails that are new or changed since `before`. */
export function writtenSince(folder: string, before: OutboxSnapshot): string[] {
  return [...snapshotOutbox(folder)]
    .filter(([name, fingerprint]) => before.get(name) !== fingerprint)
    .map(([name]) => name);
}

/** Reads a mail that the agent wrote; null when the host would refuse it. */
export function readWrittenMail(path: string): WrittenMail | null {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > longestMailBytes) return null;
    const mail = v.safeParse(mailSchema, JSON.parse(readFileSync(path, 'utf8')));
    return mail.success ? mail.output : null;
  } catch {
    return null;
  }
}

/** `Ann <ann@example.com>` and `ann@example.com` name the same mailbox. */
function mailbox(written: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(written);
  return (bracketed?.[1] ?? written).trim().toLowerCase();
}

/** A Message-ID with or without its angle brackets. */
function messageId(written: string): string {
  return written.trim().replace(/^<|>$/g, '');
}

/** A subject without the prefixes that replies and forwards put before it. */
function bareSubject(subject: string): string {
  return subject
    .replace(/^(?:\s*(?:re|aw|fwd?|sv|antw|rif|tr)\s*(?:\[\d+\])?\s*:)+/i, '')
    .trim()
    .toLowerCase();
}

/**
 * Whether a mail goes to the person who wrote, in the thread of their mail. Without `in_reply_to` and
 * `references` the subject decides: none, or the thread's own, means the thread; another begins a new one.
 */
export function answersSender(mail: WrittenMail, email: StepMomInput['email']): boolean {
  const to = mail.to ?? [];
  if (to.length > 0 && !to.some((entry) => mailbox(entry) === mailbox(email.from.address))) return false;
  const named = [
    ...(mail.in_reply_to ? [mail.in_reply_to] : []),
    ...(typeof mail.references === 'string' ? mail.references.split(/\s+/) : (mail.references ?? [])),
  ]
    .map(messageId)
    .filter((id) => id !== '');
  if (named.length > 0) return email.message_id !== null && named.includes(messageId(email.message_id));
  return !mail.subject?.trim() || bareSubject(mail.subject) === bareSubject(email.subject);
}

/** Whether the agent itself wrote a reply to the sender since `before`. */
export function agentReplied(folder: string, before: OutboxSnapshot, email: StepMomInput['email']): boolean {
  return writtenSince(folder, before).some((name) => {
    const mail = readWrittenMail(join(folder, name));
    return mail !== null && answersSender(mail, email);
  });
}
