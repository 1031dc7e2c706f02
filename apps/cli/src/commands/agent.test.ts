import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readConfig } from '@tinyfat/server/config';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';

const OWNER = 'ann@example.com';

describe('tinyfat agent', () => {
  let dataDir: string;
  let out: string[];
  let err: string[];
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tinyfat-cli-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(String(line)));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)));
    expect((await run('create', 'scout', '--owner', OWNER)).code).toBe(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(dataDir, { recursive: true, force: true });
  });
  async function run(...words: string[]) {
    out = [];
    err = [];
    const code = await runWords(['agent', ...words], () => readConfig({ DATA_DIR: dataDir }));
    return { code, out: out.join('\n'), err: err.join('\n') };
  }
  const shown = async () => JSON.parse((await run('show', 'scout', '--json')).out);

  it.each([
    [[], OWNER],
    [['Bob@example.org', OWNER], `${OWNER} and bob@example.org`],
    [
      ['@team.org', '@*.Team.org', 'bob@example.org'],
      `${OWNER}, everybody below team.org, everybody at team.org and bob@example.org`,
    ],
  ])('names all who may write: %j', async (entries, who) => {
    const made = await run('create', 'x', '--owner', OWNER, ...entries.flatMap((one) => ['--allow', one]));
    expect(made).toEqual({
      code: 0,
      out: `x@tinyfat.localhost is there. Who may write to it: ${who}.`,
      err: '',
    });
  });

  it('sets what is named, shows it, and leaves the rest', async () => {
    const set = await run(
      'set',
      'SCOUT',
      '--display-name',
      'Scout of Ann',
      '--egress',
      'A.example.com, b.org',
    );
    expect(set).toEqual({
      code: 0,
      out: 'address       scout@tinyfat.localhost\ndisplay name  Scout of Ann\negress        a.example.com,b.org',
      err: '',
    });
    expect(await shown()).toMatchObject({
      owner: OWNER,
      model: 'haiku',
      display_name: 'Scout of Ann',
      egress: 'a.example.com,b.org',
    });
    expect((await run('set', 'scout', '--model', 'opus')).out).toContain('opus');
    expect(await shown()).toMatchObject({ model: 'opus', display_name: 'Scout of Ann' });
    expect((await run('set', 'scout', '--model', 'default', '--display-name', '')).code).toBe(0);
    expect(await shown()).toMatchObject({ model: null, display_name: null });
    expect((await run('show', 'scout')).out).toMatch(/^display name {2}\(its name\)$/m);
  });

  it('gives it to another owner, and says what becomes of the one before', async () => {
    const set = await run('set', 'scout', '--owner', 'Bob@example.org');
    expect([set.code, set.err]).toEqual([
      0,
      `Warning: ${OWNER}, the owner before, may no longer write to it.\nWarning: Its MEMORY.md names ${OWNER}.`,
    ]);
    expect(await shown()).toMatchObject({ owner: 'bob@example.org', allowed: ['bob@example.org'] });
  });

  it.each([
    [
      ['set', 'scout'],
      'name what is to be changed: --owner, --model, --display-name, --egress or --outbound',
    ],
    [['set', 'scout', '--model', 'gpt-7'], '--model: There is no model of that name'],
    [['set', 'scout', '--display-name', 'ceo@bank.com'], '--display-name: It has an @'],
    [['set', 'scout', '--egress', 'all'], '--egress: '],
    [['set', 'scout', '--outbound', 'all'], '--outbound: Write known, ask, anyone.'],
    [['set', 'scout', '--owner', 'bob'], '--owner: '],
    [['create', 'x', '--owner', OWNER, '--model', 'gpt-7'], '--model: There is no model of that name'],
  ])('says what to write for %j', async (words, text) => {
    const before = await shown();
    expect(await run(...words)).toMatchObject({ code: 2, err: expect.stringContaining(text) });
    expect(await shown()).toEqual(before);
  });

  it('sets to whom it may write; the operator may choose anyone', async () => {
    expect((await run('set', 'scout', '--outbound', 'anyone')).out).toContain('outbound  anyone');
    expect(await shown()).toMatchObject({ outbound: 'anyone', egress: 'public' });
  });

  it('is paused and goes on, and says so', async () => {
    expect((await run('pause', 'scout')).out).toContain('is paused: its mail is taken and waits');
    expect((await run('show', 'scout')).out).toMatch(/^paused {7} +since .*; mails that wait: 0$/m);
    expect((await run('resume', 'scout')).out).toBe('scout@tinyfat.localhost goes on; 0 mails waited.');
    expect(await shown()).toMatchObject({ paused_since: null });
    expect((await run('pause', 'nobody')).code).toBe(1);
  });

  it('says that there is no such agent', async () => {
    for (const words of [
      ['set', 'nobody', '--egress', 'none'],
      ['delete', 'nobody', '--yes'],
      ['show', 'nobody'],
    ]) {
      expect(await run(...words)).toMatchObject({
        code: 1,
        err: expect.stringContaining('no agent of that name'),
      });
    }
  });

  describe('delete', () => {
    /** Somebody sits at the terminal and types this; `null`: breaks off. */
    async function at(isTTY: { input: boolean; output: boolean }, typed: string | null, ...words: string[]) {
      const input = Object.assign(new PassThrough(), { isTTY: isTTY.input });
      const output = Object.assign(new PassThrough(), { isTTY: isTTY.output });
      vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin);
      vi.spyOn(process, 'stderr', 'get').mockReturnValue(output as unknown as typeof process.stderr);
      if (typed === null) input.end();
      else input.write(`${typed}\n`);
      const result = await run('delete', 'scout', ...words);
      return { ...result, asked: String(output.read() ?? '') };
    }
    const terminal = { input: true, output: true };
    const isThere = async () => (await run('show', 'scout')).code === 0;

    it.each(['y', 'yes', 'Y', ' scout ', 'SCOUT'])('goes on where a person types %j', async (typed) => {
      const gone = await at(terminal, typed);
      expect(gone.asked).toContain('scout@tinyfat.localhost would take no more mail.');
      expect(gone.asked).toContain('its mails, its runs and what it sent stay');
      expect(gone).toMatchObject({ code: 0, out: expect.stringContaining(join(dataDir, 'agents')) });
      expect(await isThere()).toBe(false);
    });

    it.each(['', 'n', 'other', 'yes please', null])('leaves it where a person types %j', async (typed) => {
      expect(await at(terminal, typed)).toMatchObject({ code: 1, out: '', err: 'Nothing was deleted.' });
      expect(await isThere()).toBe(true);
    });

    it.each([
      { input: false, output: true },
      { input: true, output: false },
    ])('asks nobody where there is no terminal (%j), and wants --yes', async (isTTY) => {
      const refused = await at(isTTY, 'y');
      expect(refused).toMatchObject({ code: 2, asked: '', err: expect.stringContaining('add --yes') });
      expect(await isThere()).toBe(true);
      expect(await at(isTTY, '', '--yes')).toMatchObject({ code: 0, asked: '' });
      expect(await isThere()).toBe(false);
    });
  });
});
