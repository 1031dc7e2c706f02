/** The real server and its commands on databases of other versions: old ones are served, newer ones are left alone. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '@tinyfat/database/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { makeFixture } from '../packages/database/src/upgrades/fixtures.ts';
import { answerTo } from './support/mail.ts';
import { runCli, startTinyfat, type Tinyfat } from './support/tinyfat.ts';

/** The oldest, and the one in which a migration was changed after it had landed. */
describe.each(['0001-start.e422fc3', '0008-accounts.f4a93a7'])('the server on a database of %s', (name) => {
  let server: Tinyfat | null = null;
  afterEach(() => server?.dispose());

  it('starts, shows what was there, and goes on', async () => {
    server = await startTinyfat({
      prepare: (dataDir) => makeFixture(name, join(dataDir, 'tinyfat.sqlite')),
    });
    expect(server.output()).toContain('database_upgraded');
    expect(await server.json(['agent', 'list'])).toMatchObject([
      { address: 'scout@tinyfat.localhost', owner: 'ann@example.com' },
    ]);
    const runs = await server.json(['runs', 'scout']);
    expect(runs).toEqual(
      expect.arrayContaining([expect.objectContaining({ agent: 'scout', status: 'done' })]),
    );
    const sent = await server.json(['outbox', 'list', 'scout']);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'sent' })]));

    const made = await server.cli(['agent', 'create', 'second', '--owner', 'owner@example.com']);
    expect(made).toMatchObject({ code: 0 });
    await answerTo(server, { to: 'second@tinyfat.localhost', text: 'Hello.' });
  });
});

describe('a database of a later version', () => {
  let dataDir = '';
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it.each([
    ['start'],
    ['agent', 'list'],
    ['agent', 'create', 'x', '--owner', 'ann@example.com'],
    ['mails'],
    ['runs', '--json'],
    ['outbox', 'list'],
    ['account', 'list'],
  ])('is refused with what to do, without a stack: tinyfat %s %s', async (...words) => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-newer-'));
    const path = join(dataDir, 'tinyfat.sqlite');
    await (await openSqlite(path)).destroy();
    const db = new DatabaseSync(path);
    db.prepare('insert into kysely_migration values (?, ?)').run('9001-tomorrow', new Date(0).toISOString());
    db.close();
    const before = listing(dataDir);

    const environment = { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, SMTP_PORT: '0', PORT: '0' };
    const { code, stdout, stderr } = await runCli(
      words.filter((word) => word !== undefined),
      environment,
    );
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /The database belongs to a newer tinyfat[\s\S]* 9001-tomorrow, [\s\S]* Start the newer version again/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(listing(dataDir)).toEqual(before);
  });
});

/** Files with their hashes; what locks a folder is empty. */
function listing(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).size > 0 && statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );
}
