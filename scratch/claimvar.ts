import { mkdtempSync } from 'node:fs';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { startPostgres } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';

const engine = process.argv[2];
let pg: any;
if (engine === 'postgres') {
  pg = await startPostgres();
  process.env.TEST_ENGINE = 'postgres';
  process.env.TEST_POSTGRES_URL = new URL(pg.url('x')).href.replace(/\/x.*/, '');
  process.env.TEST_POSTGRES_POOLER_URL = pg.poolerUrl('x').replace(/\/x.*/, '');
}
const now = Date.now();
const variants: any = {
  now: sql`select next.seq as seq, agents.owner as owner
    from (select agent_id, min(seq) as seq from jobs where state = 'ready' group by agent_id) as head
    join jobs as next on next.seq = head.seq
    join agents on agents.id = next.agent_id
    left join served_owners as served on served.owner = agents.owner
    left join (
      select holder.owner as owner, count(*) as jobs from jobs as running
      join agents as holder on holder.id = running.agent_id
      where running.state = 'running' group by holder.owner
    ) as busy on busy.owner = agents.owner
    where next.state = 'ready' and next.run_at <= ${now}
      and not exists (select 1 from jobs as other where other.agent_id = next.agent_id and other.state = 'running')
    order by case when coalesce(busy.jobs, 0) >= 3 then 1 else 0 end, coalesce(served.turn, 0),
      next.run_at, next.seq limit 1`,
  exists: sql`select 1 as seq from jobs as next where next.state = 'ready' and next.run_at <= ${now}
     and not exists (select 1 from jobs as other where other.agent_id = next.agent_id and other.state = 'running')
     and not exists (select 1 from jobs as earlier where earlier.agent_id = next.agent_id and earlier.state = 'ready' and earlier.seq < next.seq) limit 1`,
  group: sql`select agent_id, min(seq) as seq from jobs where state = 'ready' group by agent_id order by 2 limit 1`,
  nextonly: sql`select next.seq from (select agent_id, min(seq) as seq from jobs where state = 'ready' group by agent_id) as head
    join jobs as next on next.seq = head.seq where next.run_at <= ${now} order by next.run_at, next.seq limit 1`,
  agents: sql`select next.seq, agents.owner from (select agent_id, min(seq) as seq from jobs where state = 'ready' group by agent_id) as head
    join jobs as next on next.seq = head.seq join agents on agents.id = head.agent_id where next.run_at <= ${now} order by next.run_at, next.seq limit 1`,
};
for (const [name, many] of Object.entries({
  '10,000 waiting of one agent': { rows: 10, waiting: 10000, agents: 1 },
  '10,000 agents of 1,000 owners': {
    rows: 10,
    waiting: 10000,
    agents: 10000,
    owner: sql`'o' || (n % 1000) || '@x'`,
  },
}) as any) {
  const db = await openFreshDatabase(mkdtempSync('/tmp/pl-') + '/a.sqlite');
  await addManyRows(db, many);
  if (engine !== 'postgres') {
    await sql`delete from sqlite_stat1`.execute(db);
    await sql`analyze sqlite_schema`.execute(db);
  }
  await sql`insert into served_owners select distinct owner, 1 from agents where id < 'agent-10000500'`.execute(
    db,
  );
  for (const [v, q] of Object.entries(variants) as any) {
    const ts: number[] = [];
    for (let i = 0; i < 7; i++) {
      const t = performance.now();
      await q.execute(db);
      ts.push(performance.now() - t);
    }
    console.log(engine, name, v, Math.min(...ts).toFixed(2));
  }
  await db.destroy();
}
await pg?.stop();
process.exit(0);
