/** A backup restored elsewhere is the same server, as of one moment; on the engine of the run. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '@tinyfat/database/sqlite';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFixture, rowsOf } from '../../../../packages/database/src/upgrades/fixtures.ts';
import { configuredDatabase, type DataFolder, openDataFolder } from '../data-folder.ts';
import { lockDataFolder } from '../files/lock.ts';
import { FileExistsError, readFileInPieces, writeNewFile } from './archive-file.ts';
import { readKeysFile, writeKeysFile } from './keys-file.ts';
import { type RestoreDeps, restoreBackup } from './restore.ts';
import { scratchForBackup } from './scratch.ts';
import { type BackupDeps, type BackupNews, writeBackup } from './write-backup.ts';

/** The database of an old version, brought up to date once for all tests. */
let upgraded: string;
let root: string;
let data: DataFolder;
const inRoot = (...path: string[]) => join(root, ...path);
beforeAll(async () => {
  upgraded = mkdtempSync(join(scratchFolder(), 'tinyfat-upgraded-'));
  const path = join(upgraded, 'tinyfat.sqlite');
  makeFixture('0014-awaiting-approval', path);
  await (await openSqlite(path)).destroy();
});
afterAll(() => rmSync(upgraded, { recursive: true, force: true }));
beforeEach(async () => {
  root = mkdtempSync(join(scratchFolder(), 'tinyfat-backup-'));
  mkdirSync(inRoot('data'));
  copyFileSync(join(upgraded, 'tinyfat.sqlite'), inRoot('data/tinyfat.sqlite'));
  data = await openDataFolder({ dataDir: inRoot('data'), database: null });
  for (const key of await rawKeys()) await data.rawMail.put(key, Buffer.from(`message ${key}`));
  for (const id of await agentIds()) {
    await data.folders.create(id, { 'MEMORY.md': `memory of ${id}` });
    await data.folders.write(id, 'sessions/one.jsonl', 'line\n');
    await data.folders.write(id, 'run', '#!/bin/sh\n', { executable: true });
    symlinkSync('/etc/passwd', join(data.paths.agents, id, 'link'));
  }
  // Turns of the fixture are long over.
  await data.db.updateTable('jobs').set({ state: 'done' }).where('state', '=', 'running').execute();
});
afterEach(async () => {
  await data.db.destroy();
  rmSync(root, { recursive: true, force: true });
});

async function rawKeys(): Promise<string[]> {
  const mails = await data.db.selectFrom('mails').select('raw_key').execute();
  const deliveries = await data.db.selectFrom('deliveries').select('raw_key').execute();
  return [...new Set([...mails, ...deliveries].map(({ raw_key }) => raw_key))];
}
const agentIds = async () => (await data.db.selectFrom('agents').select('id').execute()).map(({ id }) => id);

const news: BackupNews[] = [];
const leftOut: string[] = [];
async function backUp(more: Partial<BackupDeps> = {}) {
  news.length = 0;
  leftOut.length = 0;
  return await writeNewFile(inRoot('backup.tar'), (sink) =>
    writeBackup(
      {
        ...data,
        database: configuredDatabase({ dataDir: inRoot('data'), database: null }),
        scratch: inRoot('scratch.sqlite'),
        clock: Date.now,
        version: '0.1.0',
        waitMs: 0,
        onProgress: (one) => void news.push(one),
        onLeftOut: (path, why) => void leftOut.push(`${path}: ${why}`),
        ...more,
      },
      sink,
    ),
  );
}
async function restore(more: Partial<RestoreDeps> = {}) {
  return await restoreBackup({
    settings: { dataDir: inRoot('restored'), database: null },
    source: () => readFileInPieces(inRoot('backup.tar')),
    keys: null,
    onProgress: () => {},
    ...more,
  });
}

describe('a restored backup', () => {
  it('has every row, every message and every file', async () => {
    const manifest = await backUp();
    expect(manifest.raw_mail).toMatchObject({ files: (await rawKeys()).length, missing: 0 });
    expect(statSync(inRoot('backup.tar')).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).sort()).toEqual(['backup.tar', 'data']);
    const restored = await restore();
    expect(restored).toMatchObject({ ok: true, manifest });
    const there = await openDataFolder({ dataDir: inRoot('restored'), database: null });
    try {
      for (const key of await rawKeys()) {
        expect(Buffer.from(await there.rawMail.get(key)).toString()).toBe(`message ${key}`);
      }
      for (const id of await agentIds()) {
        const folder = join(there.paths.agents, id);
        expect(readFileSync(join(folder, 'MEMORY.md'), 'utf8')).toBe(`memory of ${id}`);
        expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o755);
        expect(await there.folders.read(id, 'link', 100)).toMatchObject({ ok: false, reason: 'not_a_file' });
      }
    } finally {
      await there.close();
    }
    const sorted = (rows: Record<string, unknown>[] = []) => rows.map((row) => JSON.stringify(row)).sort();
    const before = rowsOf(inRoot('data/tinyfat.sqlite'));
    const after = rowsOf(inRoot('restored/tinyfat.sqlite'));
    const touched = ['deliveries', 'limit_notices', 'sign_in_requests', 'mails'];
    for (const [name, rows] of Object.entries(before)) {
      expect(after[name]).toHaveLength(name === 'sign_in_requests' ? 0 : rows.length);
      if (!touched.includes(name)) expect(sorted(after[name])).toEqual(sorted(rows));
    }
    expect(readdirSync(inRoot('restored')).sort()).toEqual(['agents', 'raw-mail', 'tinyfat.sqlite']);
  });

  it('sends nothing by itself that waited to be sent, and names it', async () => {
    await data.db.updateTable('deliveries').set({ state: 'pending' }).where('state', '=', 'sent').execute();
    const waited = await data.db
      .selectFrom('deliveries')
      .select('id')
      .where('state', 'in', ['pending', 'sending'])
      .execute();
    expect(waited.length).toBeGreaterThan(1);
    await backUp();
    const restored = await restore();
    if (!restored.ok) throw new Error(restored.reason);
    expect(restored.held.map(({ id }) => id).sort()).toEqual(waited.map(({ id }) => id).sort());
    const there = await openDataFolder({ dataDir: inRoot('restored'), database: null });
    const states = await there.db.selectFrom('deliveries').select(['state', 'reason']).execute();
    await there.close();
    expect(states.filter(({ state }) => state === 'pending' || state === 'sending')).toEqual([]);
    expect(states.find(({ state }) => state === 'uncertain')?.reason).toMatch(/may have been sent since/);
  });

  it('has no keys but those of the file beside it', async () => {
    writeFileSync(data.paths.masterKeys, `k1:${'QUJD'.repeat(10)}QUI\n`, { mode: 0o600 });
    await backUp();
    expect(readFileSync(inRoot('backup.tar')).includes('QUJDQUJD')).toBe(false);
    const bytes = new Uint8Array(32).fill(7);
    bytes[0] = 1;
    const keys = { masterKeys: [{ id: 'k9', bytes }] as const, signInKey: [{ id: 's1', bytes }] as const };
    await writeKeysFile(inRoot('keys'), keys);
    expect(statSync(inRoot('keys')).mode & 0o777).toBe(0o600);
    const read = await readKeysFile(inRoot('keys'));
    if (!read.ok) throw new Error(read.reason);
    expect(await restore({ keys: read.keys })).toMatchObject({ ok: true });
    expect(readFileSync(inRoot('restored/master-keys'), 'utf8')).toMatch(/^k9:/);
    expect(readFileSync(inRoot('restored/sign-in-key'), 'utf8')).toMatch(/^s1:/);
    expect(statSync(inRoot('restored/master-keys')).mode & 0o777).toBe(0o600);
  });
});

describe('a backup', () => {
  it('is of the moment at which it began, however much comes meanwhile', async () => {
    const before = rowsOf(inRoot('data/tinyfat.sqlite')).mails?.length ?? 0;
    const [mail] = await data.db.selectFrom('mails').selectAll().execute();
    if (!mail) throw new Error('no mail');
    const original = data.rawMail.stream;
    let added = 0;
    const stream: typeof original = async (key) => {
      const id = `late-${added++}`;
      await data.rawMail.put(`${id}-raw`, Buffer.from('late'));
      const row = { ...mail, id, message_id: `<${id}@example.com>`, raw_key: `${id}-raw`, signature: null };
      await data.db.insertInto('mails').values(row).execute();
      return await original(key);
    };
    const manifest = await backUp({ rawMail: { ...data.rawMail, stream } });
    expect(added).toBe(manifest.raw_mail.files);
    expect(await restore()).toMatchObject({ ok: true });
    expect(rowsOf(inRoot('restored/tinyfat.sqlite')).mails).toHaveLength(before);
  });

  it('waits for turns that are under way, and marks the folders of those that last', async () => {
    const [one = '', other = ''] = await twoAgentsAtWork();
    let looks = 0;
    const manifest = await backUp({
      clock: () => looks,
      waitMs: 2,
      onProgress: (step) => {
        news.push(step);
        if (step.step !== 'waiting') return;
        looks += 1;
        if (looks === 1)
          data.db.updateTable('jobs').set({ state: 'done' }).where('agent_id', '=', one).execute();
      },
    });
    const marks = Object.fromEntries(manifest.agents.map((agent) => [agent.id, agent.during_turn]));
    expect(marks[other]).toBe(true);
    expect(manifest.agents.map(({ id }) => id)).toEqual(expect.arrayContaining([one, other]));
    expect(manifest.agents.at(-1)?.id).toBe(other);
    expect(news).toContainEqual({ step: 'waiting', agents: 1 });
  });

  async function twoAgentsAtWork(): Promise<string[]> {
    const [mail] = await data.db.selectFrom('mails').selectAll().execute();
    const [job] = await data.db.selectFrom('jobs').selectAll().execute();
    if (!mail || !job) throw new Error('the fixture has no mail or job');
    const ids = ['agent-x', 'agent-y'];
    for (const id of ids) {
      const agent = { id, name: id, owner: 'o@example.com', created_at: 1, deleted_at: null };
      await data.db.insertInto('agents').values(agent).execute();
      await data.folders.create(id, {});
      const row = { ...mail, id: `mail-${id}`, agent_id: id, message_id: `<${id}@x>`, signature: null };
      await data.db.insertInto('mails').values(row).execute();
      const { seq: _, ...rest } = job;
      await data.db
        .insertInto('jobs')
        .values({ ...rest, id: `job-${id}`, agent_id: id, mail_id: row.id, state: 'running' })
        .execute();
      for (const key of await rawKeys()) await data.rawMail.put(key, Buffer.from('m'));
    }
    return ids;
  }

  it('says which messages were not there any more', async () => {
    const [key = ''] = (await rawKeys()).sort();
    await data.rawMail.remove(key);
    const manifest = await backUp();
    expect(manifest.raw_mail.missing).toBe(1);
    expect(leftOut).toEqual([`raw-mail/${key}.eml: it is not there any more`]);
    expect(await restore()).toMatchObject({ ok: true });
  });

  it('never takes the place of a file, and leaves nothing where it fails', async () => {
    writeFileSync(inRoot('backup.tar'), 'another');
    await expect(backUp()).rejects.toThrow(FileExistsError);
    expect(readFileSync(inRoot('backup.tar'), 'utf8')).toBe('another');
    rmSync(inRoot('backup.tar'));
    symlinkSync(inRoot('nowhere'), inRoot('backup.tar'));
    await expect(backUp()).rejects.toThrow(FileExistsError);
    rmSync(inRoot('backup.tar'));
    const full = async () => Promise.reject(new Error('no space left'));
    await expect(backUp({ rawMail: { ...data.rawMail, stream: full } })).rejects.toThrow('no space left');
    expect(readdirSync(root)).toEqual(['data']);
  });
});

it('what a killed backup left is removed by the next one, what another one works on is not', () => {
  const ended = spawnSync('true').pid;
  mkdirSync(inRoot('data/run'));
  for (const name of [
    `backup-${ended}.sqlite`,
    `backup-${ended}.sqlite.rows-wal`,
    `backup-${process.ppid}.sqlite`,
    'turns',
  ])
    writeFileSync(inRoot('data/run', name), '');
  expect(scratchForBackup(inRoot('data'))).toBe(inRoot('data/run', `backup-${process.pid}.sqlite`));
  expect(readdirSync(inRoot('data/run')).sort()).toEqual([`backup-${process.ppid}.sqlite`, 'turns']);
});

describe('a restore', () => {
  it('is refused where something is or a server runs, and changes nothing there', async () => {
    await backUp();
    mkdirSync(inRoot('restored/agents/someone'), { recursive: true });
    expect(await restore()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/agents is there already/),
    });
    expect(readdirSync(inRoot('restored'))).toEqual(['agents']);
    const used = { settings: { dataDir: inRoot('data'), database: null } };
    expect(await restore(used)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/is there already/),
    });
    const lock = lockDataFolder(inRoot('restored'));
    if (!lock.ok) throw new Error(lock.reason);
    expect(await restore()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/Another tinyfat is running/),
    });
    lock.release();
  });

  it('that was cut off is seen by everything else, and begun anew', async () => {
    await backUp();
    for (const step of ['files', 'rows'] as const) {
      const cutOff = restore({
        onProgress: (one) => {
          if (one.step === step) throw new Error('killed');
        },
      });
      await expect(cutOff).rejects.toThrow('killed');
      await expect(openDataFolder({ dataDir: inRoot('restored'), database: null })).rejects.toThrow(
        'A restore into the data folder was cut off',
      );
    }
    const steps: string[] = [];
    expect(await restore({ onProgress: ({ step }) => void steps.push(step) })).toMatchObject({ ok: true });
    expect(steps[0]).toBe('begun_anew');
    expect(existsSync(inRoot('restored/restore-unfinished'))).toBe(false);
    await (await openDataFolder({ dataDir: inRoot('restored'), database: null })).close();
  });

  it('does not put keys over others', async () => {
    await backUp();
    mkdirSync(inRoot('restored'));
    const bytes = new Uint8Array(32).fill(7);
    bytes[0] = 1;
    writeFileSync(inRoot('restored/master-keys'), `k1:${'QUJD'.repeat(10)}QUI\n`, { mode: 0o600 });
    const keys = { masterKeys: [{ id: 'k9', bytes }] as const, signInKey: null };
    expect(await restore({ keys })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/with other keys/),
    });
    expect(await restore()).toMatchObject({ ok: true });
    expect(readFileSync(inRoot('restored/master-keys'), 'utf8')).toMatch(/^k1:QUJD/);
  });
});
