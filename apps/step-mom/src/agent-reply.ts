import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { addressOutboxMail, type OutboxMail, parseMailbox, parseOutboxMail, replyTo } from '@tinyfat/core';
import type { StepMomInput } from './contract.ts';

/** Names of pending outbox mails, each with a fingerprint that changes when the file is written again. */
export type OutboxSnapshot = ReadonlyMap<string, string>;

/** More than this is no mail; the host refuses it as well. */
const longestMailBytes = 64 * 1024 * 1024;

/** Lists the mails that wait in an outbox folder; a missing folder is empty. Dot files are drafts. */
export function snapshotOutbox(folder: string): OutboxSnapshot {
  const snapshot = new Map<string, string>();
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return snapshot;
  }
  for (const name of names.sort()) {
    if (!name.endsWith('.json') || name.startsWith('.')) continue;
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

/** Reads a mail as the host will; null when the host would refuse it. */
export function readOutboxMail(path: string): OutboxMail | null {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > longestMailBytes) return null;
    const parsed = parseOutboxMail(readFileSync(path, 'utf8'));
    return parsed.ok ? parsed.mail : null;
  } catch {
    return null;
  }
}

/** Whether the host will send a mail to the person who wrote, in the thread of their mail. */
export function answersSender(mail: OutboxMail, email: StepMomInput['email']): boolean {
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

/** Whether the agent itself wrote a reply to the sender since `before`. */
export function agentReplied(folder: string, before: OutboxSnapshot, email: StepMomInput['email']): boolean {
  return writtenSince(folder, before).some((name) => {
    const mail = readOutboxMail(join(folder, name));
    return mail !== null && answersSender(mail, email);
  });
}
