/** Every database that a version on the main branch has made opens under this one, with all that is in it. */
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedSenders, findAgent } from '../agents.ts';
import { migrations } from '../migrations/index.ts';
import type { Database } from '../schema/index.ts';
import { openSqlite, type Upgrade } from '../sqlite/open.ts';
import { schemaOf } from '../test-support/schema-of.ts';
import { visibleAgents, visibleDeliveries, visibleMails, visibleRuns } from '../visible.ts';
import { fixtureNames, makeFixture, rowsOf } from './fixtures.ts';

const newest = Object.keys(migrations).at(-1) ?? '';

it('has a fixture of the newest migration', () => {
  expect(
    fixtureNames.filter((name) => name.startsWith(newest)),
    `A new migration: run npm run fixture and commit packages/database/src/upgrades/${newest}.sql.`,
  ).not.toEqual([]);
});

let folder: string;
let fresh: Record<string, unknown>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinyfat-upgrade-'));
  const path = join(folder, 'fresh.sqlite');
  await (await openSqlite(path)).destroy();
  fresh = schemaOf(path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const copiesIn = (folder: string, name: string) =>
  readdirSync(folder).filter((file) => file.startsWith(`${name}.sqlite.before-`));

describe.each(fixtureNames)('a database of %s', (name) => {
  let path: string;
  let before: ReturnType<typeof rowsOf>;
  let db: Database;
  const upgrades: Upgrade[] = [];
  beforeAll(async () => {
    path = join(folder, `${name}.sqlite`);
    makeFixture(name, path);
    before = rowsOf(path);
    db = await openSqlite(path, (upgrade) => upgrades.push(upgrade));
  });
  afterAll(() => db.destroy());

  it('has the schema of a fresh one after the upgrade, and every row', async () => {
    expect(before.mails?.length).toBeGreaterThan(2);
    expect(schemaOf(path)).toEqual(fresh);
    const after = rowsOf(path);
    for (const [table, rows] of Object.entries(before)) {
      // Nothing that was there changes, but for what an earlier text of a migration left out.
      const mended = { mails: ['sender_base'], deliveries: ['doubt_since'] }[table] ?? [];
      // `held` mails of the fixtures are in quarantine; more of that in awaiting-approval.test.ts.
      const without = (row: Record<string, unknown>) =>
        Object.fromEntries(
          Object.entries(row)
            .filter(([column]) => !mended.includes(column))
            .map(([column, value]) => [
              column,
              renamed.has(column) && value === 'held' ? 'quarantined' : value,
            ]),
        );
      const renamed = new Set(table === 'mails' ? ['state', 'verdict'] : []);
      expect(after[table]).toHaveLength(rows.length);
      for (const [index, row] of rows.entries()) expect(after[table]?.[index]).toMatchObject(without(row));
    }
    const raw = new DatabaseSync(path);
    expect(raw.prepare('pragma foreign_key_check').all()).toEqual([]);
    expect(raw.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    raw.close();
  });

  it('is read by the functions of today, with what must be known of every row', async () => {
    expect(await findAgent(db, 'scout')).toMatchObject({ name: 'scout', egress: 'public', display_name: '' });
    const page = { after: null, limit: 100 };
    const [agent] = (await visibleAgents(db, 'all', page)).filter((one) => one.name === 'scout');
    const owner = { owner: agent?.owner ?? '' };
    expect(await allowedSenders(db, agent?.id ?? '')).toContain(agent?.owner);
    const runs = await visibleRuns(db, owner, {}, page);
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) expect(run).toMatchObject({ agent: 'scout', reserved_micro_usd: 0 });
    const mails = await visibleMails(db, owner, {}, page);
    expect(mails.length).toBeGreaterThan(2);
    for (const mail of mails) {
      if (mail.verdict !== 'refused') expect(mail.sender_base).toBe(mail.sender?.replace(/\+[^@]*/, ''));
    }
    const deliveries = await visibleDeliveries(db, owner, {}, page);
    expect(deliveries.map(({ state }) => state)).toContain('sending');
    for (const { state, doubt_since } of deliveries) {
      if (state === 'sending') expect(doubt_since).toEqual(expect.any(Number));
    }

    const upgraded = name !== fixtureNames.at(-1);
    expect(upgrades).toHaveLength(upgraded ? 1 : 0);
    expect(copiesIn(folder, name)).toHaveLength(upgraded ? 1 : 0);
    if (!upgraded) return;
    const copy = join(folder, copiesIn(folder, name)[0] ?? '');
    expect(upgrades).toMatchObject([{ to: newest, copy }]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const original = join(folder, `${name}.original.sqlite`);
    makeFixture(name, original);
    expect(schemaOf(copy)).toEqual(schemaOf(original));
    expect(rowsOf(copy)).toEqual(before);
  });
});
