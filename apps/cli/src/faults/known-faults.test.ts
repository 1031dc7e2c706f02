/** Real errors of the system and of SQLite, and what is said about them. */
import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '@tinyfat/database/sqlite';
import { startHttpServer } from '@tinyfat/platform/node';
import { openDataFolder } from '@tinyfat/server/data-folder';
import { readModels } from '@tinyfat/server/models';
import { openBucket } from '@tinyfat/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainFault } from './known-faults.ts';

describe('a failure that is known', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-faults-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function codeOf(work: () => unknown, dataDir = folder): Promise<string | undefined> {
    try {
      await work();
    } catch (error) {
      return explainFault(error, { dataDir, builtFolder: join(folder, 'dist') })?.code;
    }
    throw new Error('nothing failed');
  }
  const listening = async (host: string, port: number) => {
    const server = createServer();
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(null));
    });
    return server;
  };

  it('is a data folder that is a file, or lies below one, or is a link to itself', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    symlinkSync('loop', join(folder, 'loop'));
    for (const dataDir of [file, join(file, 'below'), join(folder, 'loop')]) {
      expect(await codeOf(() => openDataFolder({ dataDir, database: null }), dataDir)).toBe(
        'data_not_a_folder',
      );
    }
  });

  it('is a Postgres database that can not be used', async () => {
    const url = 'postgres://me:geheim@127.0.0.1:1/mail';
    const database = { url, directUrl: url, authorities: null };
    const opening = () => openDataFolder({ dataDir: folder, database });
    expect(await codeOf(opening)).toBe('database_unreachable');
    const said = explainFault(await opening().catch((error: unknown) => error), {
      dataDir: folder,
      builtFolder: folder,
    });
    expect(said?.detail).toContain('database mail at 127.0.0.1:1 as me');
    expect(JSON.stringify(said)).not.toContain('geheim');
  });

  it('is a database that is none, or is damaged', async () => {
    const file = join(folder, 'tinyfat.sqlite');
    writeFileSync(file, 'this is no database, but long enough for a header of one. '.repeat(50));
    expect(await codeOf(() => openSqlite(file))).toBe('database_corrupt');
    rmSync(file);
    await (await openSqlite(file)).destroy();
    const handle = openSync(file, 'r+');
    // The root page of the schema.
    writeFileSync(handle, new Uint8Array(4096).fill(0xff));
    expect(await codeOf(() => openSqlite(file))).toBe('database_corrupt');
  });

  it('is a database that is full, for writing closed, or not to be opened', async () => {
    const file = join(folder, 'tinyfat.sqlite');
    const db = new DatabaseSync(file);
    db.exec('create table t (x text); pragma max_page_count = 3');
    expect(await codeOf(() => db.exec(`insert into t values (zeroblob(100000))`))).toBe('disk_full');
    db.close();
    const closed = new DatabaseSync(file, { readOnly: true });
    expect(await codeOf(() => closed.exec(`insert into t values (1)`))).toBe('data_read_only');
    closed.close();
    mkdirSync(join(folder, 'folder'));
    expect(await codeOf(() => openSqlite(join(folder, 'folder')))).toBe('database_unopened');
  });

  it('is a database that somebody keeps locked', async () => {
    const file = join(folder, 'tinyfat.sqlite');
    const [one, other] = [new DatabaseSync(file), new DatabaseSync(file, { timeout: 1 })];
    one.exec('begin exclusive');
    expect(await codeOf(() => other.exec('begin immediate'))).toBe('database_busy');
    one.close();
    other.close();
  });

  it('is a port that is taken, or an address of another machine', async () => {
    const server = await listening('127.0.0.1', 0);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await codeOf(() => listening('127.0.0.1', port))).toBe('port_in_use');
    expect(await codeOf(() => listening('192.0.2.1', 0))).toBe('address_not_here');
    server.close();
  });

  it('is a bucket that nobody answers for', async () => {
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const account = { endpoint: 'http://127.0.0.1:1', region: 'auto', bucket: 'there', credentials };
    const bucket = openBucket(account, { clock: Date.now, random: () => -1 });
    expect(await codeOf(() => bucket.put('a', 'b'))).toBe('storage_failed');
  });

  it('is the build, where it is missing or broken, whose stack is of use for a report', async () => {
    const missing = join(folder, 'dist/step-mom/models.json');
    expect(await codeOf(() => readModels(missing))).toBe('build_missing');
    const built = join(folder, 'dist/platform');
    mkdirSync(join(built, 'server'), { recursive: true });
    writeFileSync(join(built, 'server/entry.mjs'), `throw new Error('a fault of the pages');\n`);
    // Only what is looked at before it listens.
    const options = { builtFolder: built, host: '127.0.0.1', port: 0 } as Parameters<
      typeof startHttpServer
    >[0];
    const error = await startHttpServer(options).catch((thrown) => thrown);
    expect(explainFault(error, { dataDir: folder, builtFolder: join(folder, 'dist') })).toMatchObject({
      code: 'pages_unusable',
      detail: expect.stringMatching(/entry\.mjs can not be loaded: a fault of the pages$/),
      report: true,
    });
  });

  it.each([
    ['ENOSPC', '/elsewhere', 'disk_full'],
    ['EDQUOT', '/elsewhere', 'disk_full'],
    ['EIO', '/elsewhere', 'disk_fault'],
    ['EMFILE', '/elsewhere', 'too_many_files'],
    ['EROFS', '/data/agents/x', 'data_read_only'],
    ['EACCES', '/data', 'data_no_permission'],
    ['EPERM', '/data', 'data_no_permission'],
    ['EACCES', '/', 'data_no_permission'],
    ['EACCES', '/data-of-others', undefined],
    ['EACCES', '/elsewhere', undefined],
    ['EISDIR', '/data/server.json', undefined],
  ])('is told by its name and its path: %s of %s is %s', (code, path, known) => {
    const error = Object.assign(new Error(code), { code, path });
    const wrapped = new Error('outer', { cause: new AggregateError([new Error('other'), error]) });
    for (const one of [error, wrapped]) {
      expect(explainFault(one, { dataDir: '/data', builtFolder: '/dist' })?.code).toBe(known);
    }
  });

  it('is never found in what is none', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    for (const odd of [undefined, null, 'EACCES', { code: 'ENOSPC' }, loop, Object.create(null)]) {
      expect(explainFault(odd, { dataDir: folder, builtFolder: folder })).toBeNull();
    }
  });
});
