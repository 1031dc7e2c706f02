/** Turns of the real server with a model that takes no time, with as many agents as asked. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '@tinyfat/core';
import { sandboxOwner } from '@tinyfat/sandbox';
import { directoryFolders } from '@tinyfat/storage/node';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { sendMail } from '../e2e/support/mail.ts';
import { startTinyfat, type Tinyfat } from '../e2e/support/tinyfat.ts';
import { type Engine, type ServerDatabase, sqlite } from './engine.ts';
import { NO_LIMITS } from './measure.ts';

export interface TurnFigures {
  /** The 250 → first LLM request, ms, one for each run. */
  toFirstRequest: number[];
  /** Last byte of the answer → file in the Maildir, ms, one for each run. */
  toHandOver: number[];
  turnsPerMinute: number;
  /** Resident memory of the server and its threads, bytes. */
  idleBytes: number;
  /** Resident memory of the processes of one sandbox while its turn runs, bytes. */
  perTurnBytes: number;
}

const ACTIVE = 8;

/** Measures on a throw-away folder; only a few of the agents get mail, the others are simply there. */
export async function measureTurns({
  agents,
  runs,
  engine = sqlite,
}: {
  agents: number;
  runs: number;
  engine?: Engine;
}): Promise<TurnFigures> {
  const database = await engine.fresh();
  const model = await startAnthropicStandIn();
  const server = await startTinyfat({
    environment: {
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      LOG_LEVEL: 'error',
      ...NO_LIMITS,
      ...database.environment,
    },
    agents: {},
  });
  try {
    await addAgents(server, database, agents);
    const toFirstRequest: number[] = [];
    const toHandOver: number[] = [];
    let answered = 0;
    for (let run = 0; run <= runs; run++) {
      const seen = model.requests.length;
      await sendMail(server, { to: address(run % ACTIVE), text: '[[reply: Done.]]' });
      const taken = performance.now();
      answered++;
      const handedOver = await maildirCount(server, answered);
      const request = model.requests[seen];
      if (!request || request.answeredAtMonotonic === null) throw new Error('a turn made no request');
      // The first turn of a server warms its own caches; it is not told.
      if (run === 0) continue;
      toFirstRequest.push(request.atMonotonic - taken);
      toHandOver.push(handedOver - request.answeredAtMonotonic);
    }
    const idleBytes = residentBytes(server.pid());
    await sendMail(server, { to: address(0), text: '[[gate: memory]] [[reply: Done.]]' });
    await model.arrived('memory');
    const perTurnBytes = treeBytes(server.pid()) - residentBytes(server.pid());
    model.release('memory');
    answered++;
    await maildirCount(server, answered);

    const batch = 24;
    const began = performance.now();
    for (let index = 0; index < batch; index++) {
      await sendMail(server, { to: address(index % ACTIVE), text: '[[reply: Done.]]' });
    }
    answered += batch;
    const ended = await maildirCount(server, answered);
    return {
      toFirstRequest,
      toHandOver,
      turnsPerMinute: (batch / (ended - began)) * 60_000,
      idleBytes,
      perTurnBytes,
    };
  } finally {
    await server.dispose();
    await model.close();
  }
}

const address = (index: number) => `agent-${index}@tinyfat.localhost`;

/** Straight into the tables: ten thousand times the command line would take an hour. Active ones get folders. */
async function addAgents(server: Tinyfat, database: ServerDatabase, count: number): Promise<void> {
  const db = await database.open(server.dataDir);
  const folders = directoryFolders({ folder: join(server.dataDir, 'agents'), owner: sandboxOwner() });
  await db.transaction().execute(async (tx) => {
    for (let index = 0; index < count; index++) {
      const id = newId(Date.now, randomBytes);
      const row = {
        id,
        name: `agent-${index}`,
        owner: 'owner@example.com',
        created_at: Date.now(),
        deleted_at: null,
      };
      await tx.insertInto('agents').values(row).execute();
      const allowed = { agent_id: id, entry: 'owner@example.com', created_at: Date.now() };
      await tx.insertInto('allowed_senders').values(allowed).execute();
      if (index < ACTIVE) await folders.create(id, { 'MEMORY.md': '', 'config.json': '{"model":"haiku"}' });
    }
  });
  await db.destroy();
}

/** Waits for the file that makes it so many, looking every half millisecond or so; gives the time (monotonic ms). */
async function maildirCount(server: Tinyfat, count: number): Promise<number> {
  const folder = join(server.dataDir, 'mailbox', 'new');
  for (;;) {
    if (countFiles(folder) >= count) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 0.5));
  }
}

function countFiles(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function treeBytes(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((child) => child !== '');
  return children.reduce((sum, child) => sum + treeBytes(Number(child)), residentBytes(pid));
}
