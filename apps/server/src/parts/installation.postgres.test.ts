/** Processes of several machines on one database: one with other keys or another storage does not start. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MasterKey, newId, type RawMailSweep } from '@tinyfat/core';
import { namedRawKeys, rotateMasterKeys } from '@tinyfat/database';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DataFolder, masterKeysOf, openDataFolder } from '../data-folder.ts';
import { installation } from './installation.ts';
import { StartRefused } from './part.ts';

let postgres: Awaited<ReturnType<typeof makeFreshPostgres>>;
let machines: DataFolder[];
let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinyfat-machines-'));
  postgres = await makeFreshPostgres(root);
  machines = [];
});
afterEach(async () => {
  for (const machine of machines) await machine.close();
  await postgres.drop();
  rmSync(root, { recursive: true, force: true });
});

const key = (id: string): MasterKey => ({ id, bytes: new Uint8Array(randomBytes(32)) });
const makeId = () => newId(Date.now, randomBytes);

async function machine(name: string): Promise<DataFolder> {
  const { url, directUrl } = postgres;
  const made = await openDataFolder({
    dataDir: join(root, name),
    database: { url, directUrl, authorities: null },
  });
  machines.push(made);
  return made;
}

interface Start {
  masterKeys?: [MasterKey, ...MasterKey[]];
  signInKey?: MasterKey;
  adopt?: boolean;
  isPlatform?: boolean;
}

/** What keeps a process from starting; null where nothing does. */
async function refusal(on: DataFolder, start: Start = {}): Promise<string | null> {
  const { masterKeys = null, signInKey = null, adopt = false, isPlatform = true } = start;
  try {
    await installation({ masterKeys, signInKey }, on, { adopt, isPlatform, makeId }).start();
    return null;
  } catch (error) {
    if (error instanceof StartRefused) return `${error.message} ${error.fix}`;
    throw error;
  }
}

/** The same storage, as a shared file system gives it. */
const shareStorage = (from: DataFolder, to: DataFolder) => {
  for (const name of ['agents', 'rawMail'] as const)
    cpSync(from.paths[name], to.paths[name], { recursive: true });
};
const copyKeys = (from: DataFolder, to: DataFolder, ...names: ('masterKeys' | 'signInKey')[]) => {
  for (const name of names) copyFileSync(from.paths[name], to.paths[name]);
};

it('the generated keys of the first are made for nobody but this user, and asked of the others', async () => {
  const [one, two] = [await machine('one'), await machine('two')];
  expect(await refusal(one)).toBeNull();
  expect(statSync(one.paths.masterKeys).mode & 0o777).toBe(0o600);
  expect(await refusal(one)).toBeNull();
  shareStorage(one, two);
  expect(await refusal(two)).toMatch(/master keys of this process are not those .* Set MASTER_KEYS/);
  expect(existsSync(two.paths.masterKeys)).toBe(false);
  copyKeys(one, two, 'masterKeys');
  expect(await refusal(two, { isPlatform: false })).toBeNull();
  expect(await refusal(two)).toMatch(/key that signs sessions is not .* Set SIGN_IN_KEY/);
  expect(existsSync(two.paths.signInKey)).toBe(false);
  copyKeys(one, two, 'signInKey');
  expect(await refusal(two)).toBeNull();
});

it('two that start at once agree', async () => {
  const [one, two] = [await machine('one'), await machine('two')];
  const settings: Start = { masterKeys: [key('k1')], signInKey: key('s1') };
  const refusals = await Promise.all([refusal(one, settings), refusal(two, settings)]);
  expect(refusals.filter((said) => said === null)).toHaveLength(1);
  expect(refusals.find((said) => said !== null)).toContain('not where this process would look');
});

it('master keys may come and go by their rotation, and none may be replaced under its name', async () => {
  const one = await machine('one');
  const [k1, k2] = [key('k1'), key('k2')];
  expect(await refusal(one, { masterKeys: [k1] })).toBeNull();
  expect(await refusal(one, { masterKeys: [key('k1')] })).toContain('The key k1 is another one.');
  expect(await refusal(one, { masterKeys: [key('k3')] })).toContain('None of them is one of k1.');
  expect(await refusal(one, { masterKeys: [k2, k1] })).toBeNull();
  expect(await refusal(one, { masterKeys: [k2] })).toBeNull();
});

it('generated master keys may be rotated', async () => {
  const one = await machine('one');
  expect(await refusal(one)).toBeNull();
  const source = masterKeysOf({ masterKeys: null }, one);
  for (let times = 0; times < 2; times++) {
    expect(await rotateMasterKeys(one.db, source)).toMatchObject({ ok: true });
    expect(await refusal(one)).toBeNull();
  }
});

it('a storage that has only the mails, or only the folders, is not theirs', async () => {
  const [one, two] = [await machine('one'), await machine('two')];
  const settings: Start = { masterKeys: [key('k1')], signInKey: key('s1') };
  expect(await refusal(one, settings)).toBeNull();
  expect(await refusal(two, settings)).toMatch(/Raw mail: .* Set STORAGE/);
  cpSync(one.paths.rawMail, two.paths.rawMail, { recursive: true });
  expect(await refusal(two, settings)).toContain('Agents’ folders:');
  cpSync(one.paths.agents, two.paths.agents, { recursive: true });
  expect(await refusal(two, settings)).toBeNull();
});

it('what shows whose the storage is, is not swept away', async () => {
  const one = await machine('one');
  expect(await refusal(one)).toBeNull();
  const removed: string[] = [];
  const rule: RawMailSweep = {
    unfinishedBefore: Date.now() + 1000,
    unnamedBefore: Date.now() + 1000,
    mostUnnamed: 10,
    named: (keys) => namedRawKeys(one.db, keys),
    onRemoved: ({ key: name }) => removed.push(name),
  };
  expect(await one.rawMail.sweep(rule, new AbortController().signal)).toEqual({ seen: 1, unnamed: 0 });
  expect(removed).toEqual([]);
  expect(await refusal(one)).toBeNull();
});

it('one that is told to adopt is the first of a new installation', async () => {
  const [one, two] = [await machine('one'), await machine('two')];
  expect(await refusal(one)).toBeNull();
  expect(await refusal(two, { adopt: true })).toBeNull();
  expect(await refusal(two)).toBeNull();
  expect(await refusal(one)).toContain('master keys of this process are not those');
});
