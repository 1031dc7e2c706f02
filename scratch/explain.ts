import { mkdtempSync } from 'node:fs';
import * as d from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { startPostgres } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';

const rows = Number(process.argv[2] ?? 20000);
const agents = Number(process.argv[3] ?? 5000);
const pg = await startPostgres();
process.env.TEST_ENGINE = 'postgres';
process.env.TEST_POSTGRES_URL = new URL(pg.url('x')).href.replace(/\/x.*/, '');
process.env.TEST_POSTGRES_POOLER_URL = pg.poolerUrl('x').replace(/\/x.*/, '');
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
const rec: any[] = [];
const plugin: any = {
  transformQuery: ({ node, queryId }: any) => {
    rec.push(db.getExecutor().compileQuery(node, queryId));
    return node;
  },
  transformResult: async ({ result }: any) => result,
};
const r = db.withPlugin(plugin);
await d.visibleRuns(r, { owner: 'twenty@x' }, {}, { after: null, limit: 51 });
await d.visibleDeliveries(r, { owner: 'twenty@x' }, {}, { after: null, limit: 51 });
for (const q of rec) {
  const { rows } = await db.executeQuery<any>({ ...q, sql: 'explain analyze ' + q.sql });
  console.log(q.sql, '\n', rows.map((r: any) => r['QUERY PLAN']).join('\n'));
}
await db.destroy();
await pg?.stop();
process.exit(0);
