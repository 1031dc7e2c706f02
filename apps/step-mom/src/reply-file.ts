import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { replyFileName } from '@tinyfat/core';
import { readOutboxMail } from './agent-reply.ts';
import { fsyncFolder, writeWhole } from './plain-file.ts';

/** Where a run's reply lies; the same for every attempt, so a second one replaces and never doubles. */
function replyPath(outboxFolder: string, runId: string): string {
  return join(outboxFolder, replyFileName(runId));
}

/** Whether the run's reply is there and whole: then the turn is over, and only sending remains. */
export function replyIsComplete(outboxFolder: string, runId: string): boolean {
  return readOutboxMail(replyPath(outboxFolder, runId)) !== null;
}

/**
 * Writes the reply so that a reader sees all of it or nothing, and so that it outlives a crash of the machine.
 * No `to` and no `subject`: the host fills in the person who wrote and their thread. Throws when the folder
 * can't be written.
 *
 * @param body - Markdown, without the footer
 * @param footer - the footer line, which the host puts below the body
 */
export function writeReply(outboxFolder: string, runId: string, body: string, footer: string): void {
  mkdirSync(outboxFolder, { recursive: true });
  const target = replyPath(outboxFolder, runId);
  if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    renameSync(target, `${target}.in-the-way-${randomUUID()}`);
  }
  writeWhole(target, `${JSON.stringify({ body, log: footer, status: 'pending' }, null, 2)}\n`);
  fsyncFolder(outboxFolder);
}
