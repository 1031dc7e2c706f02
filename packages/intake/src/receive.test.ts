/** The way in, over a real database: what is stored, written and answered for the message of one transport. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthenticationEvidence, Inspection, WakeTopic } from '@tinyfat/core';
import { type Database, insertAgent, isPostgres } from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { openDatabaseAgain, openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedMessage } from './contract.ts';
import { mailQueue } from './enqueue.ts';
import { type IntakeDeps, receive } from './receive.ts';

const SENDER = 'ann@example.com';
const LIMITS = { senderHour: 5, senderDay: 1000, agentHour: 1000, agentDay: 1000, waiting: 1000 };
const trusted: AuthenticationEvidence = {
  source: 'trusted_client',
  ...{ spf: null, dkim: [], dmarc: null, authserv: null },
};

describe('a message that a transport received', () => {
  let folder: string;
  let path: string;
  let db: Database;
  let stored: Map<string, Uint8Array>;
  let woken: WakeTopic[];
  let made: number;
  let inspect: (raw: Uint8Array) => Inspection;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-receive-'));
    path = join(folder, 'tinyfat.sqlite');
    db = await openFreshDatabase(path);
    stored = new Map();
    woken = [];
    made = 0;
    inspect = (raw) => inspected(raw);
    await insertAgent(db, { id: 'agent-scout', name: 'scout', owner: 'o@example.com', created_at: 1 }, [
      SENDER,
    ]);
    await insertAgent(db, { id: 'agent-clerk', name: 'clerk', owner: 'o@example.com', created_at: 1 }, []);
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });

  /** What inspection finds in it; its text is its Message-ID. */
  const inspected = (raw: Uint8Array): Inspection => ({
    ok: true,
    evidence: trusted,
    summary: {
      from: { ok: true, address: SENDER, name: 'Ann' },
      to: [{ address: 'scout@agents.test', name: '' }],
      cc: [],
      fieldCounts: { to: 1, cc: 0, date: 1 },
      subject: 'Hello',
      date: null,
      messageId: new TextDecoder().decode(raw),
      ...{ inReplyTo: null, references: [], automatic: [], perhapsAutomatic: [] },
    },
  });
  const deps = (on: Database): IntakeDeps => {
    const common = { db: on, clock: () => 1_000_000, makeId: () => `id-${++made}` };
    const jobs = jobQueue({ ...common, leaseMs: 30_000, maxAttempts: 3, worker: farWorker(), atOnce: 4 });
    return {
      ...common,
      mails: mailQueue({ ...common, jobs, limits: LIMITS, ownerNoticeDelayMs: 60_000 }),
      rawMail: {
        put: async (key, raw) => void stored.set(key, raw),
        remove: async (key) => void stored.delete(key),
        get: () => Promise.reject(new Error('not asked for here')),
        stream: () => Promise.reject(new Error('not asked for here')),
        sweep: () => Promise.reject(new Error('not asked for here')),
      },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      recorder: { mail() {} },
      wakeUp: { wake: (topic) => void woken.push(topic) },
      mailDomain: 'agents.test',
      inspect: async (raw) => inspect(raw),
      readReport: async () => null,
    };
  };
  const message = (id: string, recipients = ['scout@agents.test']): ReceivedMessage => ({
    via: 'smtp',
    client: { address: '192.0.2.1', helo: 'mx', trusted: true },
    envelopeSender: SENDER,
    envelopeRecipients: recipients,
    raw: new TextEncoder().encode(id),
  });
  const mails = () =>
    db.selectFrom('mails').select(['agent_id', 'verdict', 'state', 'raw_key']).orderBy('id').execute();
  const jobs = async () => (await db.selectFrom('jobs').select('mail_id').execute()).length;

  it('is stored, written and queued before it is accepted, and wakes a worker', async () => {
    expect(await receive(deps(db), message('<1@example.com>'))).toMatchObject({ code: 250 });
    const [row] = await mails();
    expect(row).toMatchObject({ agent_id: 'agent-scout', verdict: 'accepted', state: 'queued' });
    expect(stored.get(row?.raw_key ?? '')).toEqual(message('<1@example.com>').raw);
    expect([await jobs(), woken]).toEqual([1, ['jobs']]);
  });

  it('makes one job, however often and at how many Workers it arrives at the same moment', async () => {
    // A second connection of this process to SQLite would block the only thread there is.
    const other = isPostgres(db) ? await openDatabaseAgain(path) : db;
    const arrivals = [db, other, db, other].map((on) => receive(deps(on), message('<same@example.com>')));
    const answers = await Promise.all(arrivals);
    if (other !== db) await other.destroy();
    expect(answers.map(({ code }) => code)).toEqual([250, 250, 250, 250]);
    expect((await mails()).map(({ verdict }) => verdict).sort()).toEqual([
      'accepted',
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
    expect(await jobs()).toBe(1);
  });

  it('of a sender who is not on the list is refused, with a row and without a job', async () => {
    const refused = await receive(deps(db), message('<1@example.com>', ['clerk@agents.test']));
    expect(refused.code).toBe(550);
    expect(await mails()).toMatchObject([{ agent_id: 'agent-clerk', verdict: 'refused' }]);
    expect([await jobs(), woken]).toEqual([0, []]);
  });

  it('to several agents is judged for each of them', async () => {
    const both = ['clerk@agents.test', 'scout@agents.test', 'SCOUT@agents.test'];
    expect(await receive(deps(db), message('<1@example.com>', both))).toMatchObject({ code: 250 });
    const rows = (await mails()).map(({ agent_id, verdict }) => [agent_id, verdict]);
    expect(rows.sort()).toEqual([
      ['agent-clerk', 'refused'],
      ['agent-scout', 'accepted'],
    ]);
  });

  it('to nobody here is refused, and nothing is stored', async () => {
    for (const recipient of ['nobody@agents.test', 'scout@elsewhere.test', 'no address'])
      expect((await receive(deps(db), message('<1@example.com>', [recipient]))).code).toBe(550);
    expect([await mails(), stored.size]).toEqual([[], 0]);
  });

  it('beyond the limit of its sender waits, however many come at one moment', async () => {
    const many = Array.from({ length: LIMITS.senderHour + 4 }, (_, at) => message(`<${at}@example.com>`));
    await Promise.all(many.map((one) => receive(deps(db), one)));
    const verdicts = (await mails()).map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(LIMITS.senderHour);
    expect(verdicts.filter((verdict) => verdict === 'over_limit')).toHaveLength(4);
    expect(await jobs()).toBe(LIMITS.senderHour);
  });

  it('that can not be judged yet leaves nothing, so that it comes again', async () => {
    inspect = () => ({ ok: false, code: 'deadline', reason: 'It took too long.' });
    expect((await receive(deps(db), message('<1@example.com>'))).code).toBe(451);
    expect([await mails(), stored.size, woken]).toEqual([[], 0, []]);
  });

  it('is not accepted where its bytes or its rows can not be written', async () => {
    const full = deps(db);
    full.rawMail.put = () => Promise.reject(new Error('the disk is full'));
    await expect(receive(full, message('<1@example.com>'))).rejects.toThrow('the disk is full');
    expect(await mails()).toEqual([]);
    const away = deps(db);
    away.mails = { enqueue: () => Promise.reject(new Error('the database is away')) };
    await expect(receive(away, message('<1@example.com>'))).rejects.toThrow('the database is away');
    expect(woken).toEqual([]);
  });
});
