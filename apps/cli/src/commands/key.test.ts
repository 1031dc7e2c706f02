import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { insertAgent, markProviderKeyUsed } from '@tinyfat/database';
import { readConfig } from '@tinyfat/server/config';
import { type DataFolder, openDataFolder } from '@tinyfat/server/data-folder';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

const KEY = 'sk-ant-api03-secret-abcd';

describe('tinyfat key', () => {
  let dataDir: string;
  let environment: Record<string, string>;
  let printed: string[];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-cli-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    environment = {};
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)));
    await inData(({ db }) =>
      insertAgent(db, { id: 'scout', name: 'scout', owner: 'ann@example.com', created_at: 1 }, []),
    );
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(dataDir, { recursive: true, force: true });
  });
  async function inData<T>(use: (data: DataFolder) => Promise<T>) {
    const data = await openDataFolder({ dataDir, database: null });
    try {
      return await use(data);
    } finally {
      await data.close();
    }
  }
  /** Runs the command with this on standard input; gives the exit code and what was printed. */
  async function run(words: string, input = '') {
    printed = [];
    const stdin = vi.spyOn(process, 'stdin', 'get');
    stdin.mockReturnValue(Object.assign(Readable.from([Buffer.from(input)]), { isTTY: false }) as never);
    try {
      const settings = () => readConfig({ DATA_DIR: dataDir, ...environment });
      const code = await runWords(['key', ...words.split(' ').filter(Boolean)], settings);
      return { code, text: printed.join('\n') };
    } finally {
      stdin.mockRestore();
      expect(printed.join()).not.toContain('secret');
    }
  }
  const listed = async (words = 'list --json') => JSON.parse((await run(words)).text);

  it('stores the key of an owner, in whatever spelling of the address, and shows its last four', async () => {
    const stored = await run('set --owner Ann@EXAMPLE.com', `${KEY}\n`);
    expect(stored.code).toBe(0);
    expect(stored.text).toContain('ends in abcd is stored.');
    expect(stored.text).not.toContain('Warning');
    const row = (await listed())[0];
    expect(row).toEqual({
      owner: 'ann@example.com',
      provider: 'anthropic',
      last_four: 'abcd',
      created: expect.stringMatching(/^20\d\d-/),
      last_used: null,
    });
  });

  it('replaces the key of an owner, and says so', async () => {
    await run('set --owner ann@example.com', KEY);
    const stored = await run('set --owner ann@example.com --provider anthropic', `${KEY}-9876`);
    expect(stored.text).toContain('in place of the one that ends in abcd');
    expect(await listed()).toMatchObject([{ last_four: '9876' }]);
  });

  it('warns of an owner without agents', async () => {
    expect((await run('set --owner bob@example.com', KEY)).text).toContain(
      'Warning: bob@example.com owns no agent',
    );
  });

  it('shows when a key was last used, of one owner or of all', async () => {
    await run('set --owner ann@example.com', KEY);
    await run('set --owner bob@example.com', KEY);
    await inData(async ({ db }) => {
      for (const { id } of await db.selectFrom('provider_keys').select('id').execute()) {
        await markProviderKeyUsed(db, id, 1000);
      }
    });
    expect(await listed()).toHaveLength(2);
    expect(await listed('list --owner bob@example.com --json')).toMatchObject([
      { owner: 'bob@example.com', last_used: '1970-01-01T00:00:01.000Z' },
    ]);
    expect((await run('list --owner eve@example.com')).text).toContain('No key is stored');
  });

  it('removes a key, once, and says who pays then', async () => {
    await run('set --owner ann@example.com', KEY);
    expect(await run('remove --owner ann@example.com')).toMatchObject({
      code: 0,
      text: expect.stringContaining('the demo model answers'),
    });
    expect(await run('remove --owner ann@example.com')).toMatchObject({
      code: 1,
      text: expect.stringContaining('There is no such key.'),
    });
    expect(await listed()).toEqual([]);
    await run('set --owner ann@example.com', KEY);
    environment = { ANTHROPIC_API_KEY: 'sk-operator' };
    expect((await run('remove --owner ann@example.com')).text).toContain("the operator's key pays");
  });

  it('tells of a rotation what was wrapped and what is gone', async () => {
    await run('set --owner ann@example.com', KEY);
    expect((await run('rotate')).text).toMatch(
      /^The master key is g\w{10}; 1 key is wrapped anew\.\nRemoved: g\w{10}\.$/,
    );
  });

  it('tells of a rotation to another first key of MASTER_KEYS which old one may go', async () => {
    const [k1, k2] = ['1', '2'].map((digit) => Buffer.from(`${digit.repeat(31)}x`).toString('base64'));
    environment = { MASTER_KEYS: `k1:${k1}` };
    await run('set --owner ann@example.com', KEY);
    expect((await run('rotate')).text).toContain('put it first in MASTER_KEYS');
    environment = { MASTER_KEYS: `k2:${k2},k1:${k1}` };
    expect((await run('rotate')).text).toBe(
      'The master key is k2; 1 key is wrapped anew.\nNo longer needed in MASTER_KEYS: k1. Take it out and restart the server.',
    );
    environment = { MASTER_KEYS: `k3:${k1}` };
    const lost = await run('rotate');
    expect(lost.code).toBe(1);
    expect(lost.text).toContain('ann@example.com does not open (unknown_master_key)');
  });

  it('fails with the line that mends an unsafe file', async () => {
    await run('set --owner ann@example.com', KEY);
    await inData(async ({ paths }) => {
      const { chmod } = await import('node:fs/promises');
      await chmod(paths.masterKeys, 0o644);
    });
    for (const words of ['set --owner ann@example.com', 'rotate']) {
      const refused = await run(words, KEY);
      expect(refused.code).toBe(1);
      expect(refused.text).toContain(`run: chmod 600 '${dataDir}/master-keys'`);
    }
  });

  it.each([
    ['', 'empty'],
    ['\n', 'empty'],
    ['sk-ant-secret two-words', 'blank'],
    ['sk-ant-secret\u001b[31m-0123', 'control'],
    [`sk-ant-secret${'x'.repeat(100_000)}`, 'too long'],
  ])('stores nothing for %j', async (input, word) => {
    const refused = await run('set --owner ann@example.com', input);
    expect(refused).toEqual({ code: 2, text: expect.stringContaining(word) });
    expect(await listed()).toEqual([]);
  });

  it.each([
    '',
    'get',
    'sk-ant-secret',
    'sk-ant-secret set',
    'set',
    'remove',
    'set --owner nobody',
    'set --owner ann@example.com --provider sk-ant-secret',
    'set --owner ann@example.com sk-ant-secret',
    'set sk-ant-secret --owner ann@example.com',
    'set --owner ann@example.com --key=sk-ant-secret',
    'set --owner ann@example.com --key sk-ant-secret',
    'list --owner nobody',
    'rotate sk-ant-secret',
  ])('says what to write for %j, and never repeats a key', async (words) => {
    expect((await run(words, KEY)).code).toBe(2);
    expect(await listed()).toEqual([]);
  });
});
