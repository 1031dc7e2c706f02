/** An agent's real folder, a real database and real stores in a temporary folder; for tests. */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogFields, outboxRecord, parseOutboxMail } from '@tinyfat/core';
import { agentById, type Database, mailById } from '@tinyfat/database';
import { letterText, type MailWorkers } from '@tinyfat/mail';
import { directoryFolders, rawMailDirectory } from '@tinyfat/storage/node';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { nearWorker } from '@tinyfat/testing/workers';

export type OutboxFolder = 'email' | 'sent' | 'failed';

/** What the threads do, done here. */
const workers: MailWorkers = {
  checkOutbox: async (raw) => parseOutboxMail(new TextDecoder().decode(raw)),
  recordOutbox: async (source, result, fallback) => outboxRecord(source, result, fallback),
  inspect: () => Promise.reject(new Error('no thread')),
  read: () => Promise.reject(new Error('no thread')),
  readReport: () => Promise.reject(new Error('no thread')),
  readComposed: () => Promise.reject(new Error('no thread')),
  view: () => Promise.reject(new Error('no thread')),
  viewHtml: () => Promise.reject(new Error('no thread')),
  viewPart: () => Promise.reject(new Error('no thread')),
  compose: async ({ subject, body }) => ({
    ok: true,
    raw: new TextEncoder().encode(
      `${subject}\r\n\r\n${typeof body === 'string' ? body : letterText(body, null)}`,
    ),
  }),
  close: async () => {},
};

/** What the parts of the consumer that send and file are made of, and a look into the agent's outbox. */
export async function openOutbox() {
  const mails: SentMail = await openSentMail();
  const folders = directoryFolders({ folder: join(mails.folder, 'agents'), owner: null });
  await folders.create('scout', {});
  const logged: [string, LogFields | undefined][] = [];
  const log = (event: string, fields?: LogFields) => void logged.push([event, fields]);
  const db: Database = mails.db;
  const root = join(mails.folder, 'agents', 'scout', 'outbox');
  return {
    ...mails,
    deps: {
      db,
      folders,
      workers,
      rawMail: rawMailDirectory(join(mails.folder, 'raw')),
      clock: () => Date.UTC(2026, 10, 22),
      // It knows of one other, which has died.
      worker: nearWorker('worker', new Set(['dead'])),
      leaseMs: 30_000,
      makeId: () => randomUUID(),
      random: () => 0.5,
      logger: { debug: log, info: log, warn: log, error: log },
      recorder: { mail: () => undefined, run: () => undefined, delivery: () => undefined },
      mailDomain: 'agents.test',
      deliveryBackoff: { baseMs: 1, capMs: 1, maxAttempts: 3 },
    },
    logged,
    /** The agent's outbox as the host's file system has it. */
    root,
    names: (folder: OutboxFolder) => readdirSync(join(root, folder)).sort(),
    read: (folder: OutboxFolder, name: string) => JSON.parse(readFileSync(join(root, folder, name), 'utf8')),
    write: (folder: OutboxFolder, name: string, text: string) =>
      writeFileSync(join(root, folder, name), text),
  };
}

/** The agent, and a mail to it with a run of the same id. */
export async function workOf(outbox: Outbox, id: string) {
  await outbox.mail(id);
  const agent = await agentById(outbox.db, 'scout');
  const mail = await mailById(outbox.db, id);
  if (!agent || !mail) throw new Error('no rows');
  return { agent, mail };
}

export type Outbox = Awaited<ReturnType<typeof openOutbox>>;
