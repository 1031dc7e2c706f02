import { mkdtempSync } from 'node:fs';
import * as d from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { startPostgres } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';

const engine = process.argv[2];
const rows = Number(process.argv[3] ?? 100000);
const agents = Number(process.argv[4] ?? 10000);
let pg: any;
if (engine === 'postgres') {
  pg = await startPostgres();
  process.env.TEST_ENGINE = 'postgres';
  process.env.TEST_POSTGRES_URL = new URL(pg.url('x')).href.replace(/\/x.*/, '');
  process.env.TEST_POSTGRES_POOLER_URL = pg.poolerUrl('x').replace(/\/x.*/, '');
}
const db = await openFreshDatabase(mkdtempSync('/tmp/pl-') + '/a.sqlite');
const t = performance.now();
await addManyRows(db, {
  rows,
  agents,
  waiting: 50,
  owner: sql`case when n = 0 then 'one@x' when n <= 20 then 'twenty@x' when n <= 2020 then 'many@x' else 'o' || n || '@x' end`,
  agent: sql`case when n % 2 = 0 then 1 else n % ${sql.lit(agents)} end`,
});
console.log('fill', performance.now() - t);
async function time(name: string, f: () => Promise<any>) {
  const ts: number[] = [];
  let n;
  for (let i = 0; i < 5; i++) {
    const t = performance.now();
    n = await f();
    ts.push(performance.now() - t);
  }
  console.log(name.padEnd(40), Math.min(...ts).toFixed(2), n?.length ?? n);
}
for (const limit of [51, 201]) {
  for (const owner of ['one@x', 'twenty@x', 'many@x', 'o3000@x', 'all']) {
    const sight: any = owner === 'all' ? 'all' : { owner };
    const page = { after: null, limit };
    await time(`${limit} ${owner} mails`, () => d.visibleMails(db, sight, {}, page));
    const p = await d.visibleMails(db, sight, {}, page);
    const last = p.at(-1)!;
    if (last)
      await time(`${limit} ${owner} mails 2nd`, () =>
        d.visibleMails(db, sight, {}, { limit, after: { at: last.received_at, id: last.id } }),
      );
    await time(`${limit} ${owner} mails failed`, () => d.visibleMails(db, sight, { state: 'failed' }, page));
    await time(`${limit} ${owner} mails refused`, () =>
      d.visibleMails(db, sight, { verdict: 'refused' }, page),
    );
    await time(`${limit} ${owner} mails both`, () =>
      d.visibleMails(db, sight, { verdict: 'refused', state: 'replied' }, page),
    );
    await time(`${limit} ${owner} runs`, () => d.visibleRuns(db, sight, {}, page));
    await time(`${limit} ${owner} runs running`, () => d.visibleRuns(db, sight, { status: 'running' }, page));
    await time(`${limit} ${owner} deliveries`, () => d.visibleDeliveries(db, sight, {}, page));
    await time(`${limit} ${owner} deliveries failed`, () =>
      d.visibleDeliveries(db, sight, { state: 'failed' }, page),
    );
  }
}
await db.destroy();
await pg?.stop();
process.exit(0);
