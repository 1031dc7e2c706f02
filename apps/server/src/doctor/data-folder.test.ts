/** What is said of DATA_DIR, which is never made or changed. */
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataFolderCheck } from './data-folder.ts';
import { look, testFolder } from './test-support/look.ts';

const uid = process.getuid?.() ?? -1;
const isRoot = uid === 0;
const NAMES: Record<number, string> = { 0: 'root', [uid]: isRoot ? 'root' : 'me', 54321: 'tinyfat' };
const check = async (dataDir: string, as = uid) => {
  const nameOf = (id: number) => NAMES[id] ?? String(id);
  const [finding] = await look(dataFolderCheck({ dataDir, uid: as, nameOf }));
  return finding;
};

it('that is not there yet stays so', async () => {
  const above = testFolder();
  const dataDir = join(above, 'deep', 'data');
  expect(await check(dataDir)).toMatchObject({ state: 'note', found: `${dataDir} is not there yet` });
  expect(readdirSync(above)).toEqual([]);
});

it.skipIf(isRoot)('that this user can not make is broken (skipped for root, who can)', async () => {
  const above = testFolder();
  chmodSync(above, 0o500);
  const dataDir = join(above, 'data');
  expect(await check(dataDir)).toMatchObject({
    state: 'broken',
    found: `${dataDir} is not there, and me can not make it in ${above}`,
    run: `sudo install -d -o me -m 0700 ${dataDir}`,
  });
});

it('with mode 0700 is ok; open to others is a note, and its mode stays', async () => {
  const dataDir = testFolder();
  expect(await check(dataDir)).toMatchObject({ state: 'ok', found: `${dataDir}, mode 0700` });
  chmodSync(dataDir, 0o755);
  expect(await check(dataDir)).toMatchObject({
    state: 'note',
    found: expect.stringContaining('mode 0755'),
    run: `chmod 0700 ${dataDir}`,
  });
  expect(statSync(dataDir).mode & 0o777).toBe(0o755);
});

it('that is a file is broken', async () => {
  const file = join(testFolder(), 'data');
  writeFileSync(file, '');
  expect(await check(file)).toMatchObject({ state: 'broken', found: `${file} is no folder` });
});

it('that holds something else is broken', async () => {
  const dataDir = testFolder();
  writeFileSync(join(dataDir, 'notes.txt'), '');
  expect(await check(dataDir)).toMatchObject({
    state: 'broken',
    found: expect.stringContaining('holds notes.txt'),
  });
  writeFileSync(join(dataDir, 'tinyfat.sqlite'), '');
  expect(await check(dataDir)).toMatchObject({ state: 'ok' });
});

it('of another user is broken for an ordinary one, and a note for root', async () => {
  const dataDir = testFolder();
  const owner = NAMES[uid];
  expect(await check(dataDir, 54_321)).toMatchObject({
    state: 'broken',
    found: `${dataDir} belongs to ${owner}, and this is tinyfat`,
    run: `sudo chown -R tinyfat ${dataDir}`,
  });
});

it.skipIf(!isRoot)(
  'of a service user is a note for root, with the line to run (skipped: only root can give folders away)',
  async () => {
    const dataDir = testFolder();
    chownSync(dataDir, 54_321, 54_321);
    expect(await check(dataDir)).toMatchObject({
      state: 'note',
      found: `${dataDir} belongs to tinyfat, and this is root`,
      run: 'runuser -u tinyfat -- tinyfat doctor',
    });
  },
);

it.skipIf(!isRoot)(
  'with a file that a command of another user left is broken (skipped: only root can give files away)',
  async () => {
    const dataDir = testFolder();
    for (const name of ['tinyfat.sqlite', 'server.json']) writeFileSync(join(dataDir, name), '');
    mkdirSync(join(dataDir, 'agents'));
    chownSync(join(dataDir, 'agents'), 4242, 4242);
    expect(await check(dataDir)).toMatchObject({ state: 'ok' });
    chownSync(join(dataDir, 'tinyfat.sqlite'), 54_321, 54_321);
    expect(await check(dataDir)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('tinyfat.sqlite (tinyfat)'),
      run: `sudo chown -R root ${join(dataDir, 'tinyfat.sqlite')}`,
    });
  },
);

it('with a restore in it that was cut off is broken', async () => {
  const dataDir = testFolder();
  writeFileSync(join(dataDir, 'restore-unfinished'), '');
  expect(await check(dataDir)).toMatchObject({
    state: 'broken',
    found: expect.stringMatching(/restore into the data folder was cut off/),
  });
});
