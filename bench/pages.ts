/** The pages of the dashboard with few rows and with many: how long the first byte takes, and what a browser loads. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addManyRows, agentId } from '@tinyfat/testing/many-rows';
import { sql } from 'kysely';
import { signIn } from '../e2e/support/sign-in.ts';
import { startTinyfat, type Tinyfat } from '../e2e/support/tinyfat.ts';
import { sqlite } from './engine.ts';
import { median, rounded } from './measure.ts';

/** One page, measured in one run beside an empty page of the same server. */
interface PageCost {
  /** Until the first byte, with 100 mails and runs, as a multiple of the empty page. */
  timesEmpty: number;
  /** Until the first byte, with 100,000, as a multiple of what it takes with 100. */
  timesFewRows: number;
  /** With 100,000, median, ms. */
  firstByteMs: number;
  /** The page with its style sheets and scripts, uncompressed. */
  kilobytes: number;
}

/** Medians of one size of the database, by path. */
interface Measured {
  emptyMs: number;
  pages: Map<string, { ms: number; bytes: number }>;
}

const OWNER = 'owner@example.com';
const AGENTS = 20;
const RUNS = 25;
const FEW = 100;
const MANY = 100_000;
/** A page of our frame and nothing in it. */
const EMPTY = '/no/such/page';
/** A zone that is half hours from UTC: its days are no sums of whole hours, which costs the page of usage most. */
const ZONE = 'tinyfat_zone=Asia/Kolkata';
const ROW = 'row-10000050';
const PAGES = [
  '/',
  '/mails',
  '/mails?state=failed',
  `/mails/${ROW}`,
  '/approvals',
  '/runs',
  `/runs/${ROW}`,
  '/agents',
  `/agents/${agentId(1)}`,
  `/agents/${agentId(1)}/sessions`,
  `/agents/${agentId(1)}/outbox`,
  '/outbox',
  `/outbox/${ROW}`,
  '/usage',
  '/usage?days=90',
  // Words that stand in all mails, in one and in none; and filters.
  '/search?q=hello',
  '/search?q=hello+w50+',
  '/search?q=nowhere+',
  '/search?q=hello+from:ann',
  `/search?q=hello+agent:${agentId(1)}`,
  '/search?q=hello+state:failed',
  '/search?q=hello+before:2126-01-01',
  '/settings',
];

/** Measures all pages; throws where one of them does not answer with 200. */
export async function measurePages(say: (text: string) => void): Promise<Record<string, PageCost>> {
  say(`pages with ${FEW} mails and runs`);
  const few = await measure(FEW);
  say(`pages with ${MANY} mails and runs`);
  const many = await measure(MANY);
  return Object.fromEntries(
    PAGES.map((path) => {
      const [small, large] = [few.pages.get(path), many.pages.get(path)];
      if (!small || !large) throw new Error(`${path} was not measured`);
      const cost: PageCost = {
        timesEmpty: rounded(small.ms / few.emptyMs, 2),
        timesFewRows: rounded(large.ms / small.ms, 2),
        firstByteMs: rounded(large.ms),
        kilobytes: rounded(large.bytes / 1000),
      };
      return [path, cost];
    }),
  );
}

async function measure(rows: number): Promise<Measured> {
  const server = await startTinyfat({ environment: { LOG_LEVEL: 'error' } });
  try {
    await server.kill('SIGTERM');
    const db = await (await sqlite.fresh()).open(server.dataDir);
    await addManyRows(db, {
      rows,
      agents: AGENTS,
      owner: sql`${sql.lit(OWNER)}`,
      until: Date.now() - 7_200_000,
      everyMs: Math.floor(2_592_000_000 / rows),
    });
    await db.destroy();
    for (let agent = 0; agent < AGENTS; agent++) {
      await mkdir(join(server.dataDir, 'agents', agentId(agent)), { recursive: true });
    }
    await server.restart();
    const cookie = `${await signIn(server, OWNER)}; ${ZONE}`;
    const emptyMs = await firstByteMs(server, EMPTY, cookie, 404);
    const pages: Measured['pages'] = new Map();
    for (const path of PAGES) {
      const ms = await firstByteMs(server, path, cookie, 200);
      pages.set(path, { ms, bytes: await bytesWithAssets(server, path, cookie) });
    }
    return { emptyMs, pages };
  } finally {
    await server.dispose();
  }
}

async function get(server: Tinyfat, path: string, cookie: string): Promise<Response> {
  return await fetch(`http://${server.host}:8025${path}`, {
    headers: { cookie, accept: 'text/html' },
    redirect: 'manual',
  });
}

async function firstByteMs(server: Tinyfat, path: string, cookie: string, status: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < RUNS; count++) {
    const began = performance.now();
    // The head comes with the first byte of the body: pages are made whole before they are sent.
    const answer = await get(server, path, cookie);
    times.push(performance.now() - began);
    await answer.arrayBuffer();
    if (answer.status !== status) throw new Error(`${path} answered ${answer.status}`);
  }
  return median(times);
}

async function bytesWithAssets(server: Tinyfat, path: string, cookie: string): Promise<number> {
  const html = await (await get(server, path, cookie)).text();
  const assets = new Set(
    [...html.matchAll(/(?:src|href)="(\/_astro\/[^"]+)"/g)].map(([, file = '']) => file),
  );
  let bytes = Buffer.byteLength(html);
  for (const file of assets) bytes += (await (await get(server, file, cookie)).arrayBuffer()).byteLength;
  return bytes;
}
