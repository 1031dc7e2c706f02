import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent, listAgents } from '../agents.ts';
import { openSqlite } from './open.ts';

describe('the embedded database', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-db-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const file = () => join(folder, 'tinyfat.sqlite');
  const agent = (name: string) => ({ id: `id-${name}`, name, owner: 'o@example.com', created_at: 1 });

  it('fsyncs every commit and enforces foreign keys', async () => {
    const db = await openSqlite(file());
    const pragma = async (name: string) =>
      Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0] ?? {})[0];
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    await db.destroy();
  });

  it('keeps transactions of one process apart, though they share a connection', async () => {
    const db = await openSqlite(file());
    const failing = db.transaction().execute(async (tx) => {
      await insertRow(tx, 'inside');
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('roll back');
    });
    const other = insertAgent(db, agent('other'), []);
    await expect(failing).rejects.toThrow('roll back');
    await other;
    expect((await listAgents(db)).map((row) => row.name)).toEqual(['other']);
    await db.destroy();
    function insertRow(tx: typeof db, name: string) {
      return tx
        .insertInto('agents')
        .values({ ...agent(name), deleted_at: null })
        .execute();
    }
  });

  it('lets several processes start, migrate and write at once', async () => {
    const script = `
      const { openSqlite } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
      const { insertAgent } = await import(${JSON.stringify(new URL('../agents.ts', import.meta.url).href)});
      const db = await openSqlite(process.argv[1]);
      for (let i = 0; i < 50; i++) {
        const name = process.argv[2] + i;
        await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
      }
      await db.destroy();`;
    const run = (name: string) =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, file(), name], {
          stdio: 'inherit',
        });
        child.on('exit', resolve);
      });
    const children = await Promise.all(['x', 'y', 'z'].map(run));
    expect(children).toEqual([0, 0, 0]);
    const db = await openSqlite(file());
    expect(await listAgents(db)).toHaveLength(150);
    await db.destroy();
  });

  it('has what was committed after the process was killed', async () => {
    const script = `
      const { openSqlite } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
      const { insertAgent } = await import(${JSON.stringify(new URL('../agents.ts', import.meta.url).href)});
      const db = await openSqlite(process.argv[1]);
      await insertAgent(db, { id: 'k', name: 'kept', owner: 'o@example.com', created_at: 1 }, []);
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, file()]);
    expect(child.signal).toBe('SIGKILL');
    const db = await openSqlite(file());
    expect((await listAgents(db)).map((row) => row.name)).toEqual(['kept']);
    await db.destroy();
  });
});
