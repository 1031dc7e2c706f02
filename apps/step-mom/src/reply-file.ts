import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { replyFileName } from '@tinyfat/core';
import { readOutboxMail } from './agent-reply.ts';

/** Where a run's reply lies; the same for every attempt, so a second one replaces and never doubles. */
export function replyPath(outboxFolder: string, runId: string): string {
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
  // A fresh name, opened by nobody else: a pipe of the agent's would keep us waiting.
  const temporary = join(outboxFolder, `.${runId}.${randomUUID()}.tmp`);
  const descriptor = openSync(temporary, 'wx');
  try {
    writeFileSync(descriptor, `${JSON.stringify({ body, log: footer, status: 'pending' }, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  const target = replyPath(outboxFolder, runId);
  if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    renameSync(target, `${target}.in-the-way-${randomUUID()}`);
  }
  renameSync(temporary, target);
  fsyncFolder(outboxFolder);
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

function fsyncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a file durable (fsync); false where there is no plain file of that name any more. */
export function fsyncPlainFile(path: string): boolean {
  try {
    const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return false;
      fsyncSync(descriptor);
      return true;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}
