import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@tinyfat/server/config';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

describe('tinyfat token', () => {
  let dataDir: string;
  let out: string[];
  let err: string[];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-cli-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(dataDir, { recursive: true, force: true });
  });
  async function run(words: string) {
    out = [];
    err = [];
    const settings = () => readConfig({ DATA_DIR: dataDir, ADMIN_EMAILS: 'Root@Example.com' });
    const code = await runWords(['token', ...words.split(' ').filter(Boolean)], settings);
    return { code, out: out.join('\n'), err: err.join('\n') };
  }
  const listed = async () => JSON.parse((await run('list --json')).out);

  it('makes one that may read and write for 90 days, and prints it alone on standard output', async () => {
    const made = await run('create --owner Ann@Example.com --name laptop');
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^tf_[\w-]{43}$/)]);
    expect(await listed()).toMatchObject([
      { owner: 'ann@example.com', name: 'laptop', scopes: ['read', 'write'], last_four: made.out.slice(-4) },
    ]);
    const [{ created_at, expires_at }] = await listed();
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(90 * 86_400_000);
    expect((await run('list')).out).not.toContain(made.out);
  });

  it('makes one of other scopes and times, also without an end', async () => {
    await run('create --owner ann@example.com --scope keys --scope tokens --expires 7');
    await run('create --owner ann@example.com --scope read --expires never');
    const rows = await listed();
    const shown = rows.map(({ scopes, expires_at }: Record<string, unknown>) => [scopes, expires_at]);
    expect(shown).toContainEqual([['read'], null]);
    expect(shown).toContainEqual([['keys', 'tokens'], expect.stringMatching(/^20/)]);
  });

  it('warns of a scope admin that counts nothing', async () => {
    expect((await run('create --owner ann@example.com --scope admin')).err).toContain('ADMIN_EMAILS');
    expect((await run('create --owner root@example.com --scope admin')).err).not.toContain('ADMIN_EMAILS');
  });

  it('warns of an owner who has no agent and is no admin', async () => {
    const warned = 'Warning: ann@example.com owns no agent; see: tinyfat agent list';
    expect((await run('create --owner ann@example.com')).err).toContain(warned);
    expect((await run('create --owner root@example.com')).err).not.toContain('Warning');
    const settings = () => readConfig({ DATA_DIR: dataDir });
    expect(await runWords(['agent', 'create', 'scout', '--owner', 'ann@example.com'], settings)).toBe(0);
    expect((await run('create --owner ann@example.com')).err).not.toContain('Warning');
  });

  it('revokes one, once', async () => {
    await run('create --owner ann@example.com');
    const [{ id }] = await listed();
    expect((await run(`revoke ${id}`)).code).toBe(0);
    expect(await run(`revoke ${id}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is nothing'),
    });
    expect((await listed())[0].revoked_at).toMatch(/^20/);
  });

  it.each([
    '',
    'make',
    'create',
    'create --owner nobody',
    'create --owner ann@example.com --scope root',
    'create --owner ann@example.com --expires soon',
    'create --owner ann@example.com --expires 400',
    'create extra --owner ann@example.com',
    'revoke',
    'revoke a b',
    'list --owner nobody',
  ])('says what to write for %j', async (words) => {
    expect((await run(words)).code).toBe(2);
    expect(await listed()).toEqual([]);
  });
});
