/** Before each upgrade of a file there is a copy of it, which the version before opens. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { schemaOf } from '../test-support/schema-of.ts';
import { makeFixture, rowsOf } from '../upgrades/fixtures.ts';
import { copyBeforeUpgrade } from './copy-before-upgrade.ts';
import { openSqlite, type Upgrade } from './open.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(scratchFolder(), 'tinyfat-before-'));
  path = join(folder, 'tinyfat.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const copies = () =>
  readdirSync(folder)
    .filter((name) => name.includes('.before-'))
    .sort();

it('is named by the first migration that it has not seen, and put back it is the old database', async () => {
  makeFixture('0013-limit-notices', path);
  const before = { rows: rowsOf(path), schema: schemaOf(path) };
  const upgrades: Upgrade[] = [];
  await (await openSqlite(path, (upgrade) => upgrades.push(upgrade))).destroy();
  const copy = `${path}.before-0014-awaiting-approval`;
  expect(upgrades).toMatchObject([{ from: '0013-limit-notices', copy }]);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  // The way back of docs/backup.md.
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  copyFileSync(copy, path);
  expect({ rows: rowsOf(path), schema: schemaOf(path) }).toEqual(before);
});

it('stays for the last three upgrades, also those of versions that named it otherwise', () => {
  makeFixture('0013-limit-notices', path);
  for (const [index, name] of ['upgrade', '0001-a', '0002-b'].entries()) {
    writeFileSync(`${path}.before-${name}`, '');
    utimesSync(`${path}.before-${name}`, index + 1, index + 1);
  }
  writeFileSync(`${path}.before-0000-cut-off.unfinished`, '');
  copyBeforeUpgrade(path, '0003-c');
  expect(copies()).toEqual([
    'tinyfat.sqlite.before-0000-cut-off.unfinished',
    'tinyfat.sqlite.before-0001-a',
    'tinyfat.sqlite.before-0002-b',
    'tinyfat.sqlite.before-0003-c',
  ]);
});

it('is made anew where an upgrade before was cut off', () => {
  makeFixture('0013-limit-notices', path);
  writeFileSync(`${path}.before-0014-x.unfinished`, 'half');
  writeFileSync(`${path}.before-0014-x`, 'older');
  const copy = copyBeforeUpgrade(path, '0014-x');
  expect(rowsOf(copy)).toEqual(rowsOf(path));
  expect(copies()).toEqual(['tinyfat.sqlite.before-0014-x']);
});
