/**
 * The real intake without the rest of the server: SMTP listener, worker threads, rules, database, all composed by the
 * server's own code. What becomes a job stays one.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS, type MailLimits, newId } from '@tinyfat/core';
import { type Database, insertAgent, type Mail } from '@tinyfat/database';
import { type MailQueue, mailQueue } from '@tinyfat/intake';
import { jobQueue, QUEUE_TIMES } from '@tinyfat/jobs';
import { mailWorkers } from '@tinyfat/mail/node';
import { type SmtpSession, smtpSession } from '@tinyfat/testing/smtp-session';
import { type DnsStub, type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { farWorker } from '@tinyfat/testing/workers';
import { sql } from 'kysely';
import { openDataFolder } from '../../apps/server/src/data-folder.ts';
import { smtp } from '../../apps/server/src/parts/smtp.ts';

export const DOMAIN = 'agents.example.org';
export const OWNER = 'owner@example.com';

export interface IntakeOptions {
  /** Agent → entries of its list beside the owner's address. */
  agents: Record<string, string[]>;
  dns?: Record<string, DnsStubRecords>;
  trustedClients?: string[];
  authservIds?: string[];
  limits?: Partial<MailLimits>;
  /** Epoch ms; the system's clock by default. */
  clock?: () => number;
}

/** What a transaction is for: the owner to scout where nothing else is said. */
export interface Sending {
  from?: string;
  to?: string[];
}

/** A connection for many transactions: the greeting of each takes a tenth of a second. */
export interface IntakeClient {
  /** Gives the last line of the answer to DATA, or to what was refused before. */
  send(raw: string | Uint8Array, envelope?: Sending): Promise<string>;
  end(): void;
}

export interface Intake {
  db: Database;
  queue: MailQueue;
  port: number;
  dns: DnsStub;
  /** Lines of the log, as `level event field=value …`. */
  log: string[];
  /** One transaction on a connection of its own. */
  send: IntakeClient['send'];
  connect(): Promise<IntakeClient>;
  session(): SmtpSession;
  /** All rows, oldest first. */
  mails(): Promise<Mail[]>;
  /** How many rows. */
  mailCount(): Promise<number>;
  /** The newest row. */
  newest(): Promise<Mail>;
  /** How many turns would be taken. */
  jobs(): Promise<number>;
  raw(mail: Mail): Promise<Buffer>;
  /** How many messages are stored. */
  rawFiles(): Promise<number>;
  dispose(): Promise<void>;
}

/** Opens it on a free loopback port, with a DNS server of its own. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-intake-'));
  const dns = await startDnsStub(options.dns ?? {});
  const data = await openDataFolder({ dataDir: folder, database: null });
  const { db } = data;
  const clock = options.clock ?? Date.now;
  const makeId = () => newId(clock, randomBytes);
  const log: string[] = [];
  const line =
    (level: string) =>
    (event: string, fields: object = {}) =>
      void log.push(
        [level, event, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(' '),
      );
  const workers = mailWorkers({
    threads: 2,
    dns: { servers: [dns.address] },
    hostname: DOMAIN,
    authservIds: options.authservIds ?? [],
  });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const jobs = jobQueue({ ...QUEUE_TIMES, db, clock, makeId, worker: farWorker(), atOnce: 1 });
  const queue = mailQueue({ ...QUEUE_TIMES, db, jobs, clock, makeId, limits });
  for (const [name, entries] of Object.entries(options.agents)) {
    await insertAgent(db, { id: `id-${name}`, name, owner: OWNER, created_at: clock() }, entries);
  }
  const part = smtp(
    { smtp: { host: '127.0.0.1', port: 0, tls: null }, trustedClients: options.trustedClients ?? [] },
    {
      db,
      mails: queue,
      rawMail: data.rawMail,
      clock,
      makeId,
      logger: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      recorder: { mail: () => undefined },
      wakeUp: { wake: () => undefined },
      mailDomain: DOMAIN,
      inspect: workers.inspect,
      readReport: workers.readReport,
    },
    null,
  );
  const listener = await part.start();
  if (!listener) throw new Error('no listener');
  const mails = () => db.selectFrom('mails').selectAll().orderBy(sql`rowid`).execute();
  return {
    db,
    queue,
    port: listener.port,
    dns,
    log,
    mails,
    session: () => smtpSession(listener.port),
    async send(raw, envelope) {
      const client = await connect(listener.port);
      try {
        return await client.send(raw, envelope);
      } finally {
        client.end();
      }
    },
    connect: () => connect(listener.port),
    async mailCount() {
      const { count } = await db
        .selectFrom('mails')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    async newest() {
      const newest = await db
        .selectFrom('mails')
        .selectAll()
        .orderBy(sql`rowid`, 'desc')
        .limit(1)
        .executeTakeFirst();
      if (!newest) throw new Error('no mail came');
      return newest;
    },
    async jobs() {
      return (await db.selectFrom('jobs').select('id').execute()).length;
    },
    async raw(mail) {
      return Buffer.from(await data.rawMail.get(mail.raw_key));
    },
    async rawFiles() {
      const names = await readdir(data.paths.rawMail, { recursive: true });
      return names.filter((name) => name.endsWith('.eml')).length;
    },
    async dispose() {
      await listener.close(0);
      await workers.close();
      await data.close();
      await dns.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A message with CRLF; absent headers get what a person's mail has. */
export function letter(headers: Record<string, string | string[]>, body = 'Hello.'): Buffer {
  const usual = {
    From: OWNER,
    To: `scout@${DOMAIN}`,
    Subject: 'Hello',
    Date: new Date().toUTCString(),
    'Message-ID': `<${randomBytes(8).toString('hex')}@client.example>`,
  };
  const lines = Object.entries({ ...usual, ...headers }).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  return Buffer.from(`${[...lines, '', body].join('\r\n')}\r\n`);
}

async function connect(port: number): Promise<IntakeClient> {
  const session = smtpSession(port);
  await session.reply();
  await session.command('EHLO client.example');
  return {
    async send(raw, { from = OWNER, to = [`scout@${DOMAIN}`] } = {}) {
      for (const line of [`MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA']) {
        const answer = await session.command(line);
        if (/^[45]|^closed/.test(answer)) return lastLine(answer);
      }
      session.write(Buffer.concat([dotStuffed(raw), Buffer.from('\r\n.\r\n')]));
      return lastLine(await session.reply());
    },
    end: () => session.end(),
  };
}

function lastLine(answer: string): string {
  return answer.split('\n').at(-1) ?? '';
}

function dotStuffed(raw: string | Uint8Array): Buffer {
  const text = Buffer.from(raw).toString('latin1').replace(/\r\n$/, '');
  return Buffer.from(text.replace(/^\./gm, '..'), 'latin1');
}
