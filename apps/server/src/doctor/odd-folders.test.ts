/** Whatever DATA_DIR is, each check says something of its own, and none is a fault of ours. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localChecks } from './checks.ts';
import { runChecks } from './run-checks.ts';
import { configOf, testFolder } from './test-support/look.ts';

async function findings(dataDir: string) {
  const checks = localChecks(configOf({ DATA_DIR: dataDir, PORT: '0', SMTP_HOST: '127.8.8.8' }));
  // These look at the machine, and take their time.
  const quick = checks.filter(({ name }) => name !== 'sandbox' && name !== 'build');
  const found = await runChecks(quick, { withinMs: 20_000 });
  expect(found.filter(({ mend }) => mend?.includes('fault of ours'))).toEqual([]);
  return found.filter(({ state }) => state === 'broken').map(({ check }) => check);
}

it.each<[string, (folder: string) => string, string[]]>([
  ['a file', (folder) => write(folder, 'file'), ['data folder']],
  ['below a file', (folder) => join(write(folder, 'file'), 'data'), ['data folder']],
  ['a link that leads nowhere', (folder) => link(folder, join(folder, 'nowhere')), []],
  ['a link to itself', (folder) => link(folder, join(folder, 'link')), ['data folder']],
  ['with folders in the place of files', folders, ['database', 'keys', 'keys']],
  ['with a name for a shell', (folder) => make(folder, "o'clock $(x) ;"), []],
])('%s', async (_, make, expected) => {
  expect(await findings(make(testFolder()))).toEqual(expected);
});

it.skipIf(process.getuid?.() === 0)(
  'below a folder that is closed (skipped for root, for whom none is)',
  async () => {
    const folder = testFolder();
    mkdirSync(join(folder, 'closed', 'data'), { recursive: true });
    chmodSync(join(folder, 'closed'), 0o000);
    const broken = await findings(join(folder, 'closed', 'data'));
    chmodSync(join(folder, 'closed'), 0o700);
    expect(broken).toContain('data folder');
  },
);

function write(folder: string, name: string): string {
  writeFileSync(join(folder, name), '');
  return join(folder, name);
}

function make(folder: string, name: string): string {
  mkdirSync(join(folder, name), { mode: 0o700 });
  return join(folder, name);
}

function link(folder: string, to: string): string {
  symlinkSync(to, join(folder, 'link'));
  return join(folder, 'link');
}

function folders(folder: string): string {
  for (const name of ['tinyfat.sqlite', 'master-keys', 'sign-in-key']) make(folder, name);
  return folder;
}
