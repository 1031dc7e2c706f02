/**
 * No statement reads the rows of years: each that a function of the database has is asked for its plan, on tables with
 * many rows. A new function fails this test until it stands in `test-support/statements.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as database from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addManyRows } from '@tinyfat/testing/many-rows';
import { planFaults, recordStatements } from '@tinyfat/testing/statement-plans';
import { type CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANY, ONE, TWENTY } from './test-support/statement-values.ts';
import { PARTS_OF_OTHERS, STATEMENTS } from './test-support/statements.ts';

const ROWS = 6000;
/** Of a growing table; a page of many agents' rows and the heads of their lists are less. */
const MOST_ROWS = 700;

describe('the plans of all statements', () => {
  let folder: string;
  let db: database.Database;
  const recorded = new Map<string, CompiledQuery[]>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-plans-'));
    db = await openFreshDatabase(join(folder, 'p.sqlite'));
    await addManyRows(db, {
      rows: ROWS,
      waiting: 20,
      agents: 1000,
      owner: sql`case when n = 2 then ${sql.lit(ONE)} when n <= 20 then ${sql.lit(TWENTY)}
        when n <= 220 then ${sql.lit(MANY)} else 'owner-' || n || '@example.com' end`,
      // One agent has half of all rows, and one of twenty of an owner a quarter.
      agent: sql`case when n % 2 = 0 then 2 when n % 4 = 1 then 3 else n % 1000 end`,
    });
    for (const [name, { run }] of Object.entries(STATEMENTS)) {
      const recorder = recordStatements(db);
      await run(recorder.db);
      recorded.set(name, recorder.statements);
    }
  }, 60_000);
  afterAll(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function faultsOfAll(): Promise<string[]> {
    const faults: string[] = [];
    for (const [name, statements] of recorded) {
      for (const statement of statements) {
        const found = await planFaults(db, statement, MOST_ROWS, STATEMENTS[name]);
        faults.push(...found.map((fault) => `${name}: ${fault}`));
      }
    }
    return faults;
  }

  it('lead to the rows that are wanted', async () => {
    expect(await faultsOfAll()).toEqual([]);
  });

  it('do so before the engine has ever counted rows', async () => {
    if (database.isPostgres(db)) return;
    await sql`delete from sqlite_stat1`.execute(db);
    await sql`analyze sqlite_schema`.execute(db);
    expect(await faultsOfAll()).toEqual([]);
  });

  it('are those of every function that takes a database', () => {
    const takesDatabase = /^(async )?function \w+\(\s*(db|tx|deps)\b/;
    const names = Object.entries(database)
      .filter(([, one]) => typeof one === 'function' && takesDatabase.test(String(one)))
      .map(([name]) => name);
    expect(names.length).toBeGreaterThan(80);
    expect(names.filter((name) => !PARTS_OF_OTHERS.includes(name)).sort()).toEqual(
      Object.keys(STATEMENTS)
        .filter((name) => name !== 'jobs')
        .sort(),
    );
    const silent = [...recorded].filter(([, statements]) => statements.length === 0);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('are all there are: statements stand in no other package', () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const files = ['apps', 'packages']
      .flatMap((folder) =>
        readdirSync(join(root, folder)).flatMap((name) =>
          readdirSync(join(root, folder, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
            join(folder, name, 'src', file),
          ),
        ),
      )
      .filter(
        (file) =>
          file.endsWith('.ts') &&
          !/\.test\.ts$|test-support|^packages\/(database|jobs|testing|contracts)\//.test(file),
      );
    expect(files.length).toBeGreaterThan(300);
    const asking = files.filter((file) =>
      /\b(selectFrom|updateTable|deleteFrom)\(|\bsql(<[^`]*>)?`/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(asking).toEqual([]);
  });

  it('are seen through: a scan, a sort, a filter over many rows', async () => {
    const faultsOf = async (text: string) => {
      const recorder = recordStatements(db);
      await sql.raw(text).execute(recorder.db);
      const [statement] = recorder.statements;
      return statement ? await planFaults(db, statement, MOST_ROWS) : [];
    };
    expect(await faultsOf(`select * from mails where subject = 'x'`)).not.toEqual([]);
    expect(
      await faultsOf(`select * from jobs as next where last_error = 'x' order by seq limit 1`),
    ).not.toEqual([]);
    expect(await faultsOf(`select count(*) from runs`)).not.toEqual([]);
    expect(await faultsOf(`select * from mails order by received_at desc, id desc limit 50`)).toEqual([]);
    expect(
      await faultsOf(`select * from mails where agent_id = 'agent-10000002' order by subject`),
    ).not.toEqual([]);
  });
});
