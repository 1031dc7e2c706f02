import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertAgent, markAgentDeleted } from '@tinyfat/database';
import { readConfig } from '@tinyfat/server/config';
import { openDataFolder } from '@tinyfat/server/data-folder';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

describe('tinyfat budget', () => {
  let dataDir: string;
  let printed: string[];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-cli-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)));
    const data = await openDataFolder({ dataDir, database: null });
    for (const [id, owner] of [
      ['scout', 'ann@example.com'],
      ['other', 'bob@example.com'],
    ] as const) {
      await insertAgent(data.db, { id, name: id, owner, created_at: 1 }, []);
    }
    await data.close();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(dataDir, { recursive: true, force: true });
  });
  async function run(words: string, environment: Record<string, string> = {}) {
    printed = [];
    const settings = () => readConfig({ DATA_DIR: dataDir, ...environment });
    const code = await runWords(['budget', ...words.split(' ').filter(Boolean)], settings);
    return { code, text: printed.join('\n') };
  }
  const shown = async (words = '', environment = {}) =>
    JSON.parse((await run(`show ${words} --json`, environment)).text);

  it('caps an agent and an owner, whatever the spelling of the address', async () => {
    expect(await run('set scout 5')).toMatchObject({
      code: 0,
      text: expect.stringContaining('$5.00 a month'),
    });
    expect(await run('set --owner Ann@EXAMPLE.com $12.50')).toMatchObject({ code: 0 });
    expect(await shown()).toMatchObject([
      { scope: 'owner', name: 'ann@example.com', monthly_usd: 12.5, spent_usd: 0, used: 0, state: 'ok' },
      { scope: 'agent', name: 'scout', monthly_usd: 5, from: 'budget set' },
    ]);
    await run('set scout 0');
    expect(await shown('scout')).toMatchObject([
      { scope: 'agent', monthly_usd: 0, used: null, state: 'exhausted' },
      { scope: 'owner' },
    ]);
  });

  it('shows the default for owners without a budget, and takes it back when a budget is removed', async () => {
    const environment = { OWNER_BUDGET_USD: '20' };
    await run('set --owner ann@example.com 30');
    expect(await shown('', environment)).toMatchObject([
      { name: 'ann@example.com', monthly_usd: 30, from: 'budget set' },
      { name: 'bob@example.com', monthly_usd: 20, from: 'OWNER_BUDGET_USD' },
    ]);
    const removed = await run('remove --owner ann@example.com', environment);
    expect(removed).toMatchObject({ code: 0, text: expect.stringContaining('$20.00 a month') });
    expect(await run('remove --owner ann@example.com')).toMatchObject({ code: 1 });
    expect((await run('show')).text).toContain('Nothing caps');
  });

  it('warns of an owner without an agent, and knows no deleted one', async () => {
    expect((await run('set --owner nobody@example.com 1')).text).toContain('owns no agent');
    await run('set other 1');
    const data = await openDataFolder({ dataDir, database: null });
    await markAgentDeleted(data.db, 'other', 2);
    await data.close();
    expect(await shown()).toHaveLength(1);
    expect((await run('show other')).code).toBe(1);
    expect((await run('set unknown 1')).code).toBe(1);
  });

  it.each([
    '',
    'set',
    'set scout',
    'set 5',
    'set scout five',
    'set scout -5',
    'set scout 5 6',
    'set scout 5 --owner ann@example.com',
    'set --owner nobody 5',
    'remove',
    'remove scout 5',
    'show scout 5',
    'raise scout 5',
  ])('says what to write for %j', async (words) => {
    expect((await run(words)).code).toBe(2);
    expect((await run('show')).text).toContain('Nothing caps');
  });
});
