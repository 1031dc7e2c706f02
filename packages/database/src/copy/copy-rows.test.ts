/** All rows of one database come into another and back, whatever happens on the way. The engine is that of the run. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../schema/index.ts';
import { noteAttempt } from '../sign-in-attempts.ts';
import { openSqlite } from '../sqlite/open.ts';
import { withSqlite, withSqliteSource } from '../sqlite/whole-file.ts';
import { UnfinishedCopyError } from '../unfinished-copy.ts';
import { fixtureNames, makeFixture, rowsOf } from '../upgrades/fixtures.ts';
import { tablesToCopy } from './catalogue.ts';
import { type CopyProgress, copyRows } from './copy-rows.ts';
import { BATCH_ROWS, sumOf } from './rows.ts';

let shared: string;
let folder: string;
let source: string;
beforeAll(async () => {
  shared = mkdtempSync(join(scratchFolder(), 'tinyfat-copy-source-'));
  makeFixture(fixtureNames.at(-1) ?? '', join(shared, 'upgraded.sqlite'));
  await (await openSqlite(join(shared, 'upgraded.sqlite'))).destroy();
});
afterAll(() => rmSync(shared, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(scratchFolder(), 'tinyfat-copy-'));
  source = join(folder, 'source.sqlite');
  copyFileSync(join(shared, 'upgraded.sqlite'), source);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function target(name = 'target.sqlite'): Promise<Database> {
  const db = await openFreshDatabase(join(folder, name));
  onTestFinished(() => db.destroy());
  return db;
}
async function copy(to: Database, onProgress: (progress: CopyProgress) => void | Promise<void> = () => {}) {
  return await withSqliteSource(source, (from) => copyRows({ from, to, fromPlace: 'source', onProgress }));
}
function change(statement: string): void {
  const db = new DatabaseSync(source);
  db.exec(statement);
  db.close();
}
/** More rows than two batches have, of one table. */
function addAttempts(): void {
  change(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${3 * BATCH_ROWS})
    insert into sign_in_attempts (kind, subject, at) select 'mail_network', 'net-' || i, i from n`);
}
const stopAt = (table: string, done: number) => (progress: CopyProgress) => {
  if (progress.step === 'rows' && progress.table === table && progress.done >= done)
    throw new Error('killed');
};

it('copies every table whole, and back into a file of the same rows', async () => {
  const to = await target();
  const copied = await copy(to);
  expect(copied).toMatchObject({ ok: true, tables: { mails: { rows: expect.any(Number) } } });
  const back = join(folder, 'back.sqlite');
  const result = await withSqlite(back, (file) =>
    copyRows({ from: to, to: file, fromPlace: 'copy', onProgress: () => {} }),
  );
  expect(result).toEqual(copied);
  const sorted = (rows: Record<string, Record<string, unknown>[]>) =>
    Object.fromEntries(
      Object.entries(rows).map(([name, all]) => [name, all.map((row) => JSON.stringify(row)).sort()]),
    );
  expect(sorted(rowsOf(back))).toEqual(sorted(rowsOf(source)));
});

it('knows every table that there is, each by its key', async () => {
  const to = await target();
  const tables = await tablesToCopy(to);
  const all = (await to.introspection.getTables()).map(({ name }) => name);
  // The last ones are made of the others by triggers.
  const own = ['locks', 'usage_hours', 'usage_days'];
  expect(tables.map(({ name }) => name).sort()).toEqual(
    all.filter((name) => !own.includes(name) && !/^search_index/.test(name)).sort(),
  );
  expect(tables.find(({ name }) => name === 'allowed_senders')?.key).toEqual(['agent_id', 'entry']);
});

it('has the sums of hours that the source has, made anew of the copied runs', async () => {
  change(`update runs set started_at = 7200000, cost_usd = 1.5, model = 'opus' where kind = 'turn'`);
  const to = await target();
  expect(await copy(to)).toMatchObject({ ok: true });
  const sums = await to
    .selectFrom('usage_hours')
    .select(['hour', 'model', 'cost_micro_usd', 'turns'])
    .execute();
  expect(sums.map(({ hour, model }) => [hour, model])).toEqual([[2, 'opus']]);
  expect(sums[0]?.cost_micro_usd).toBe(1_500_000 * (sums[0]?.turns ?? 0));
});

it('keeps texts as they are, in any script, and counts on behind what was copied', async () => {
  change(`update agents set display_name = 'Zoë 🦊 \u202e' || char(9) || 'x'`);
  change(`update mails set subject = 'with' || char(0) || 'NUL'`);
  change(`insert into sign_in_attempts (seq, kind, subject, at) values (7000, 'mail_network', 'net', 1)`);
  const to = await target();
  expect(await copy(to)).toMatchObject({ ok: true });
  const [agent] = await to.selectFrom('agents').select('display_name').execute();
  expect(agent?.display_name).toBe('Zoë 🦊 \u202e\tx');
  await noteAttempt(to, [{ kind: 'mail_network', subject: 'next', most: 5, windowMs: 1000 }], 5);
  const next = await to.selectFrom('sign_in_attempts').select('seq').where('subject', '=', 'next').execute();
  expect(next).toEqual([{ seq: 7001 }]);
});

describe('cut off', () => {
  it('at any batch, it goes on behind the last row, and nothing else opens the database', async () => {
    addAttempts();
    const to = await target();
    await expect(copy(to, stopAt('mails', 1))).rejects.toThrow('killed');
    await expect(copy(to, stopAt('sign_in_attempts', BATCH_ROWS))).rejects.toThrow('killed');
    await expect(copy(to, stopAt('sign_in_attempts', 2 * BATCH_ROWS))).rejects.toThrow('killed');
    const steps: CopyProgress[] = [];
    expect(await copy(to, (progress) => void steps.push(progress))).toMatchObject({ ok: true });
    expect(steps[0]).toEqual({ step: 'resumed' });
    const rows = steps.filter((one) => one.step === 'rows');
    expect(rows.filter(({ table }) => table === 'mails')).toEqual([]);
    expect(rows.find(({ table }) => table === 'sign_in_attempts')?.done).toBeGreaterThan(2 * BATCH_ROWS);
    expect(steps.filter(({ step }) => step === 'source_changed')).toEqual([]);
  });

  it('a file is refused by everything but another copy', async () => {
    const path = join(folder, 'half.sqlite');
    await expect(withSqlite(path, (half) => copy(half, stopAt('mails', 1)))).rejects.toThrow('killed');
    await expect(openSqlite(path)).rejects.toThrow(UnfinishedCopyError);
    expect(await withSqlite(path, (again) => copy(again))).toMatchObject({ ok: true });
    await (await openSqlite(path)).destroy();
  });

  it('where the source has changed since, everything is copied anew', async () => {
    const to = await target();
    await expect(copy(to, stopAt('mails', 1))).rejects.toThrow('killed');
    change(`update agents set display_name = 'changed'; delete from suppressed_recipients`);
    const steps: CopyProgress[] = [];
    expect(await copy(to, (progress) => void steps.push(progress))).toMatchObject({ ok: true });
    expect(steps.filter(({ step }) => step === 'source_changed')).toHaveLength(1);
    expect((await to.selectFrom('agents').select('display_name').execute())[0]?.display_name).toBe('changed');
  });
});

describe('refuses', () => {
  it('a target with rows of its own, and leaves it as it is', async () => {
    const to = await target();
    await to
      .insertInto('agents')
      .values({ id: 'a', name: 'own', owner: 'o@example.com', created_at: 1, deleted_at: null })
      .execute();
    expect(await copy(to)).toMatchObject({ ok: false, code: 'target_not_empty', detail: /agents has rows/ });
    expect(await to.selectFrom('agents').select('name').execute()).toEqual([{ name: 'own' }]);
    expect((await to.introspection.getTables()).map(({ name }) => name)).not.toContain('unfinished_copy');
  });

  it('a source that is no database of ours, is newer, or holds what runs by itself', async () => {
    const to = await target();
    change(`create view of_a_stranger as select 1`);
    await expect(copy(to)).rejects.toThrow('no database that tinyfat has made');
    change(`drop view of_a_stranger; create trigger t after insert on mails begin select 1; end`);
    await expect(copy(to)).rejects.toThrow('no database that tinyfat has made');
    change(`drop trigger t; alter table mails add column made as (1 + 1)`);
    await expect(copy(to)).rejects.toThrow('no database that tinyfat has made');
    change(`alter table mails drop column made; alter table mails add column more text`);
    expect(await copy(to)).toMatchObject({ ok: false, code: 'source_differs', detail: /columns.* mails/ });
    change(`insert into kysely_migration values ('9001-tomorrow', '')`);
    await expect(copy(to)).rejects.toThrow('9001-tomorrow');
    source = join(folder, 'empty.sqlite');
    change('create table other (id text)');
    expect(await copy(to)).toMatchObject({ ok: false, code: 'source_empty' });
  });

  it('a copy that is not the same in the end', async () => {
    const to = await target();
    const result = await copy(to, async (progress) => {
      if (progress.step !== 'compared' || progress.table !== 'agents') return;
      await sql`update mails set subject = 'another'`.execute(to);
    });
    expect(result).toMatchObject({ ok: false, code: 'copy_differs', detail: /Table mails/ });
  });
});

it('sums two tables up alike only where all rows are the same', async () => {
  const to = await target();
  await copy(to);
  const [table] = (await tablesToCopy(to)).filter(({ name }) => name === 'mails');
  if (!table) throw new Error('no table');
  const before = await sumOf(to, table);
  await sql`update mails set state_reason = state_reason || '.' where id = (select max(id) from mails)`.execute(
    to,
  );
  const after = await sumOf(to, table);
  expect(after.rows).toBe(before.rows);
  expect(after.sha256).not.toBe(before.sha256);
});
