/** A database with one agent, a mail to it and what was sent because of it; for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Database,
  insertAgent,
  insertDeliveries,
  type NewDelivery,
  type NewMail,
  startRun,
} from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from './scratch-folder.ts';

/** An open database in a folder of its own. */
export interface SentMail {
  db: Database;
  folder: string;
  /** Adds an accepted mail, its job and its run, all with this id. */
  mail(id: string, change?: Partial<NewMail>): Promise<NewMail>;
  /** Adds a delivery of that mail's run. */
  delivery(mailId: string, change?: Partial<NewDelivery>): Promise<NewDelivery>;
  close(): Promise<void>;
}

/** Opens it, with the agents `scout` (its id too) and `other`. */
export async function openSentMail(): Promise<SentMail> {
  const folder = await mkdtemp(join(scratchFolder(), 'tinyfat-sent-'));
  const db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
  for (const name of ['scout', 'other']) {
    await insertAgent(db, { id: name, name, owner: 'owner@example.com', created_at: 1 }, []);
  }
  let made = 0;
  return {
    db,
    folder,
    async mail(id, change = {}) {
      const mail = { ...mailRow(id), ...change };
      await db.insertInto('mails').values(mail).execute();
      const job = {
        id,
        agent_id: mail.agent_id,
        mail_id: id,
        state: 'done' as const,
        run_at: 1,
        attempts: 1,
      };
      await db
        .insertInto('jobs')
        .values({ ...job, max_attempts: 3, fence: 1, created_at: 1 })
        .execute();
      const run = { id, jobId: id, mailId: id, agentId: mail.agent_id, command: null, at: 1 };
      await startRun(db, { ...run, kind: 'turn' });
      return mail;
    },
    async delivery(mailId, change = {}) {
      made += 1;
      const delivery = { ...deliveryRow(`00000000-delivery-${made}`, mailId), ...change };
      await insertDeliveries(db, [delivery]);
      return delivery;
    },
    async close() {
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A mail of the owner to scout, as the intake writes it. */
export function mailRow(id: string): NewMail {
  return {
    id,
    agent_id: 'scout',
    received_at: 1,
    via: 'smtp',
    client_address: '192.0.2.1',
    envelope_sender: 'owner@example.com',
    envelope_recipient: 'scout@agents.test',
    raw_key: `raw-${id}`,
    raw_bytes: 10,
    sender: 'owner@example.com',
    sender_name: 'The Owner',
    message_id: `<${id}@example.com>`,
    in_reply_to: null,
    thread_references: '',
    thread: `<${id}@example.com>`,
    others: '[]',
    subject: 'Hello',
    sent_at: null,
    verdict: 'accepted',
    reason_code: 'accepted',
    reason: '',
    evidence: '{}',
    authentication: '',
    state: 'queued',
    state_reason: '',
  };
}

/** The reply to it, which was sent and filed. */
function deliveryRow(id: string, mailId: string): NewDelivery {
  return {
    id,
    agent_id: 'scout',
    mail_id: mailId,
    run_id: mailId,
    kind: 'reply',
    source_file: `${mailId}.json`,
    source_sha256: null,
    envelope_sender: 'scout@agents.test',
    recipients: '["owner@example.com"]',
    subject: 'Re: Hello',
    message_id: `<${id}@agents.test>`,
    raw_key: id,
    state: 'sent',
    attempts: 1,
    next_attempt_at: 1,
    provider: 'smtp',
    created_at: 1,
    sent_at: 5,
    filed: 1,
  };
}
