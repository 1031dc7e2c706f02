import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressOutboxMail,
  MAX_MAIL_FILE_BYTES,
  MAX_MAILS,
  MAX_TURN_BYTES,
  type OutboxMail,
  parseMailbox,
  parseOutboxMail,
  replyTo,
  type StepMomInput,
} from '@tinyfat/core';
import { namesIn, readPlainFile } from './plain-file.ts';

/** Names of pending outbox mails, each with a fingerprint that changes when the file is written again. */
export type OutboxSnapshot = ReadonlyMap<string, string>;

/** The host looks at no more either. */
const mostListed = 10_000;

/** Lists the mails that wait in an outbox folder; a missing folder is empty. Dot files are drafts. */
export function snapshotOutbox(folder: string): OutboxSnapshot {
  const snapshot = new Map<string, string>();
  for (const name of namesIn(folder, mostListed).sort()) {
    if (!name.endsWith('.json') || name.startsWith('.')) continue;
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
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

/** Reads a mail as the host will; null when the host would refuse it. */
export function readOutboxMail(path: string): OutboxMail | null {
  return mailIn(readPlainFile(path, MAX_MAIL_FILE_BYTES));
}

function mailIn(file: ReturnType<typeof readPlainFile>): OutboxMail | null {
  if (!file.ok || file.size > MAX_MAIL_FILE_BYTES) return null;
  const parsed = parseOutboxMail(new TextDecoder().decode(file.bytes));
  return parsed.ok ? parsed.mail : null;
}

/** Whether the host will send a mail to the person who wrote, in the thread of their mail. */
function answersSender(mail: OutboxMail, email: StepMomInput['email']): boolean {
  const sender = parseMailbox(email.from.address);
  const incoming = {
    sender: sender.ok ? sender.mailbox.address : email.from.address,
    senderName: email.from.name,
    subject: email.subject,
    messageId: email.message_id,
    inReplyTo: email.in_reply_to,
    references: email.references,
    // Whom the host copies in besides changes nothing about whom the mail answers.
    others: [],
  };
  const addressed = addressOutboxMail(mail, incoming);
  return addressed.answers && addressed.inReplyTo === replyTo(incoming).inReplyTo;
}

/**
 * Whether the agent itself wrote a reply to the sender since `before`, among the mails that the host will send: so many
 * by name that there is room for one more, which is ours, and so many bytes.
 */
export function agentReplied(folder: string, before: OutboxSnapshot, email: StepMomInput['email']): boolean {
  let left = MAX_TURN_BYTES;
  for (const name of writtenSince(folder, before).slice(0, MAX_MAILS - 1)) {
    const file = readPlainFile(join(folder, name), Math.min(MAX_MAIL_FILE_BYTES, left));
    if (!file.ok) continue;
    left -= file.bytes.length;
    const mail = file.bytes.length === file.size ? mailIn(file) : null;
    if (mail !== null && answersSender(mail, email)) return true;
  }
  return false;
}
