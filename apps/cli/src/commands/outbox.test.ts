import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertAgent, listSuppressed, suppress } from '@tinyfat/database';
import { readConfig } from '@tinyfat/server/config';
import { openDataFolder } from '@tinyfat/server/data-folder';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

describe('tinyfat outbox', () => {
  let dataDir: string;
  let printed: string[];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-cli-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)));
    await inData(async (db) => {
      const row = { code: 'bounced' as const, reason: '550 5.1.1 No such user', delivery_id: 'd-1' };
      for (const name of ['scout', 'other']) {
        await insertAgent(db, { id: name, name, owner: 'owner@example.com', created_at: 1 }, []);
        await suppress(db, [{ ...row, agent_id: name, address: 'ann@example.com', created_at: 1000 }]);
      }
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(dataDir, { recursive: true, force: true });
  });
  async function inData<T>(use: (db: Awaited<ReturnType<typeof openDataFolder>>['db']) => Promise<T>) {
    const data = await openDataFolder({ dataDir, database: null });
    try {
      return await use(data.db);
    } finally {
      await data.close();
    }
  }
  const run = (...words: string[]) => runWords(['outbox', ...words], () => readConfig({ DATA_DIR: dataDir }));
  const left = () =>
    inData(async (db) => (await listSuppressed(db, null)).map((one) => `${one.agent_id} ${one.address}`));

  it('shows whom mail does not reach, of one agent or of all', async () => {
    expect(await run('suppressed', 'scout', '--json')).toBe(0);
    expect(JSON.parse(printed.join())).toEqual([
      {
        agent: 'scout',
        address: 'ann@example.com',
        since: '1970-01-01T00:00:01.000Z',
        code: 'bounced',
        reason: '550 5.1.1 No such user',
        delivery: 'd-1',
      },
    ]);
    printed = [];
    expect(await run('suppressed', '--json')).toBe(0);
    expect(JSON.parse(printed.join())).toHaveLength(2);
    expect(await run('suppressed', 'nobody')).toBe(1);
  });

  it('lets one agent write to somebody again, however the address is spelled', async () => {
    expect(await run('unsuppress', 'scout', 'Ann@Example.COM')).toBe(0);
    expect(await left()).toEqual(['other ann@example.com']);
    expect(await run('unsuppress', 'scout', 'ann@example.com')).toBe(1);
    expect(await run('unsuppress', 'nobody', 'ann@example.com')).toBe(1);
    expect(await left()).toEqual(['other ann@example.com']);
  });

  it.each([
    ['unsuppress'],
    ['unsuppress', 'scout'],
    ['unsuppress', 'scout', 'not an address'],
    ['retry'],
    ['burn', 'x'],
  ])('says what to write for: outbox %s %s %s', async (...words) => {
    const given = words.filter((word) => word !== undefined);
    expect(await run(...given)).toBe(2);
  });
});
