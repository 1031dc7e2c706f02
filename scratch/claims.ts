import { mkdtempSync } from 'node:fs';
import * as d from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { startPostgres } from '@tinyfat/testing/postgres/start';
import { farWorker } from '@tinyfat/testing/workers';
import { sql } from 'kysely';

const engine = process.argv[2];
let pg: any;
if (engine === 'postgres') {
  pg = await startPostgres();
  process.env.TEST_ENGINE = 'postgres';
  process.env.TEST_POSTGRES_URL = new URL(pg.url('x')).href.replace(/\/x.*/, '');
  process.env.TEST_POSTGRES_POOLER_URL = pg.poolerUrl('x').replace(/\/x.*/, '');
}
const cases: any = {
  'one agent, it runs': { rows: 10, waiting: 10000, agents: 1, runs: true },
  'old 10, 1 waiting': { rows: 10, waiting: 20, agents: 100 },
  'old 30,000': { rows: 30000, waiting: 20, agents: 100 },
  '10,000 waiting of one agent': { rows: 10, waiting: 10000, agents: 1 },
  '10,000 agents of one owner': { rows: 10, waiting: 10000, agents: 10000, owner: sql`'o@x'` },
  '10,000 agents of 1,000 owners': {
    rows: 10,
    waiting: 10000,
    agents: 10000,
    owner: sql`'o' || (n % 1000) || '@x'`,
  },
  '10,000 agents of 10,000 owners': { rows: 10, waiting: 10000, agents: 10000 },
};
for (const [name, many] of Object.entries(cases) as any) {
  const db = await openFreshDatabase(mkdtempSync('/tmp/pl-') + '/a.sqlite');
  await addManyRows(db, many);
  const q = jobQueue({
    db,
    clock: Date.now,
    worker: farWorker(),
    leaseMs: 60000,
    makeId: () => 'x',
    maxAttempts: 3,
    atOnce: 4,
  });
  if (many.runs) await sql`update jobs set state='running' where seq = 11`.execute(db);
  const ts: number[] = [];
  const due: number[] = [];
  const empties: number[] = [];
  for (let i = 0; i < 8; i++) {
    let t = performance.now();
    const l = await q.claim();
    ts.push(performance.now() - t);
    if (!l && !many.runs) throw new Error('none');
    t = performance.now();
    await q.nextDue();
    due.push(performance.now() - t);
    t = performance.now();
    await d.backlog(db, Date.now());
    empties.push(performance.now() - t);
    if (l) await db.transaction().execute((tx) => q.finish(tx, l, 'done', null));
  }
  const min = (x: number[]) =>
    x
      .slice(1)
      .sort((a, b) => a - b)
      [Math.floor((x.length - 1) / 2)]!.toFixed(2);
  console.log(engine, name.padEnd(34), 'claim', min(ts), 'nextDue', min(due), 'backlog', min(empties));
  await db.destroy();
}
await pg?.stop();
process.exit(0);
