/** What people type, and what they are answered. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@tinyfat/server/config';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isCommand } from './find.ts';
import { runWords } from './run-words.ts';
import { TABLE } from './table.ts';

const COMMANDS = Object.entries(TABLE).flatMap(([name, entry]) =>
  isCommand(entry) ? [name] : [name, ...Object.keys(entry.commands).map((second) => `${name} ${second}`)],
);

describe('the command line', () => {
  let folder: string;
  let out: string[];
  let err: string[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-words-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    out = [];
    err = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(...String(line).split('\n')));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(...String(line).split('\n')));
  });
  afterEach(() => vi.restoreAllMocks());
  const run = async (line: string) => {
    const environment = { DATA_DIR: join(folder, 'data') };
    const code = await runWords(line.split(' ').filter(Boolean), () => readConfig(environment));
    expect(existsSync(environment.DATA_DIR)).toBe(false);
    return code;
  };

  it.each(['', ...COMMANDS])('has a help for: tinyfat %s', async (name) => {
    expect(await run(`${name} --help`)).toBe(0);
    expect(out.filter((line) => line.length > 80)).toEqual([]);
    expect(out.join('\n')).toMatchSnapshot();
    const long = out;
    out = [];
    expect(await run(`${name} -h`)).toBe(0);
    expect(out).toEqual(long);
    expect(err).toEqual([]);
  });

  it('answers help for what is named, and help alone for nothing', async () => {
    expect(await run('help agent create')).toBe(0);
    expect(out[0]).toBe('tinyfat agent create: make an agent, which then has an address');
    out = [];
    expect(await run('')).toBe(2);
    expect(out[0]).toContain('tinyfat');
  });

  it.each([
    ['agnet list', 'did you mean: tinyfat agent'],
    ['agent crate scout', 'did you mean: tinyfat agent create'],
    ['help agnet', 'did you mean: tinyfat agent'],
    ['zzzzzz', 'there is no command "zzzzzz"'],
    ['agent', 'the name of a command is missing'],
    ['agent create scout --ower x', 'did you mean --owner?'],
    ['agent create scout', '--owner ADDR is missing'],
    ['agent create', 'NAME is missing'],
    ['agent create scout more --owner x', 'there is a word too many: "more"'],
    ['agent create scout --owner', '--owner needs a value: --owner ADDR'],
    ['agent create scout --owner a --owner b', '--owner stands twice'],
    ['agent list --json=yes', '--json takes no value'],
    ['token create --owner a --scope raed', 'did you mean read?'],
    ['completion bsh', 'did you mean bash?'],
    ['mails --limit 0', '--limit: write a whole number'],
    ['mails discard', 'name one mail by its ID'],
    ['mails discard x --all scout', 'name one mail by its ID'],
    ['start --server https://example.com', 'works on the data folder'],
    ['mails --server', '--server needs a value'],
  ])('answers %j in at most four lines that say what to write', async (line, words) => {
    expect(await run(line)).toBe(2);
    expect(out).toEqual([]);
    expect(err.join('\n')).toContain(words);
    expect(err.at(-1)).toMatch(/^ {2}More: tinyfat .*help$/);
    expect(err.length).toBeLessThanOrEqual(4);
  });

  it('repeats nothing that steers a terminal', async () => {
    expect(await run('agent\u001b[2J')).toBe(2);
    expect(await run('agent create a b\u001b[2J --owner x')).toBe(2);
    expect(err.join('')).not.toContain('\u001b');
  });

  it('names settings that can not be used, and does nothing', async () => {
    const code = await runWords(['agent', 'list'], () => readConfig({ PORT: '99999', SMTP_PORT: 'x' }));
    expect([code, err]).toEqual([2, [expect.stringContaining('PORT'), expect.stringContaining('SMTP_PORT')]]);
  });
});
