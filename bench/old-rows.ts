/** What rows of years cost: a claim, a page of a list, and a server that has nothing to do. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, type Sight, visibleDeliveries, visibleMails, visibleRuns } from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { farWorker } from '@tinyfat/testing/workers';
import { sql } from 'kysely';
import { startTinyfat } from '../e2e/support/tinyfat.ts';
import type { Engine } from './engine.ts';
import { median } from './measure.ts';

/** Times in ms, medians. */
export interface OldRows {
  claim: number;
  /** Pages of an owner with twenty agents. */
  mailsPage: number;
  runsPage: number;
  deliveriesPage: number;
  /** Of the server without work, CPU seconds in a minute; on Postgres without what the database itself takes. */
  idleCpuPerMinute: number;
}

const IDLE_MS = 10_000;
/** What a start does besides is over by then. */
const SETTLE_MS = 4_000;
const OWNER = 'twenty@example.com';

/** Measures with so many mails, jobs, runs, deliveries and events, none of which wait. */
export async function measureOldRows(engine: Engine, rows: number): Promise<OldRows> {
  const database = await engine.fresh();
  const server = await startTinyfat({ environment: { LOG_LEVEL: 'error', ...database.environment } });
  try {
    await server.kill('SIGTERM');
    const db = await database.open(server.dataDir);
    try {
      await addManyRows(db, {
        rows,
        agents: 100,
        owner: sql`case when n < 20 then ${sql.lit(OWNER)} else 'owner-' || n || '@example.com' end`,
        // Of two days: nothing is so old that it would be removed, and nothing so new that a notice of it would be sent.
        until: Date.now() - 7_200_000,
        everyMs: Math.floor(172_800_000 / rows),
      });
      await server.restart();
      await pause(SETTLE_MS);
      const before = cpuSeconds(server.pid());
      await pause(IDLE_MS);
      const idleCpuPerMinute = (cpuSeconds(server.pid()) - before) * (60_000 / IDLE_MS);
      await server.kill('SIGTERM');
      const page = { after: null, limit: 50 };
      const sight: Sight = { owner: OWNER };
      return {
        claim: await claimMs(db),
        mailsPage: await medianMs(() => visibleMails(db, sight, {}, page)),
        runsPage: await medianMs(() => visibleRuns(db, sight, {}, page)),
        deliveriesPage: await medianMs(() => visibleDeliveries(db, sight, {}, page)),
        idleCpuPerMinute,
      };
    } finally {
      await db.destroy();
    }
  } finally {
    await server.dispose();
  }
}

/** A job that is claimed and given back, so that each claim finds one. */
async function claimMs(db: Database): Promise<number> {
  const worker = farWorker();
  const queue = jobQueue({
    db,
    clock: Date.now,
    worker,
    leaseMs: 60_000,
    makeId: () => 'bench',
    maxAttempts: 3,
    atOnce: 4,
  });
  await sql`update jobs set state = 'ready' where seq = (select max(seq) from jobs)`.execute(db);
  const times: number[] = [];
  for (let count = 0; count < 31; count++) {
    const began = performance.now();
    const lease = await queue.claim();
    times.push(performance.now() - began);
    if (!lease) throw new Error('no job was due');
    await queue.release(lease);
  }
  return median(times);
}

async function medianMs(work: () => Promise<readonly unknown[]>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 31; count++) {
    const began = performance.now();
    if ((await work()).length === 0) throw new Error('the page is empty');
    times.push(performance.now() - began);
  }
  return median(times);
}

/** Of a process and its threads: proc(5), utime and stime, in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
