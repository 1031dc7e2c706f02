/** A surprise is one line and a file: which nobody else can read, which are few, and which hold no secret. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from './explain-to-operator.ts';
import { reportFault } from './report-fault.ts';

describe('a fault that nobody knows', () => {
  let folder: string;
  const temporary = process.env.TMPDIR;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-report-'));
    mkdirSync(join(folder, 'tmp'));
    process.env.TMPDIR = join(folder, 'tmp');
  });
  afterEach(() => {
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    rmSync(folder, { recursive: true, force: true });
  });

  const report = (error: unknown, { dataDir = folder as string | null, secrets = [] as string[] } = {}) =>
    reportFault(error, { what: 'tinyfat runs', dataDir, builtFolder: join(folder, 'dist'), secrets });
  const pathOf = (lines: string[]) => /: (\/\S+)$/.exec(lines.at(-1) ?? '')?.[1] ?? '';

  it('is one line, and a file of this user alone with its stack and what caused it', () => {
    const error = new TypeError('x is not\n a function', { cause: new Error('deeper') });
    const lines = report(error);
    expect(lines).toEqual([
      'tinyfat runs: something went wrong that should not: TypeError: x is not  a function',
      expect.stringMatching(/^All of it, for a report: \/.*\/faults\/fault-.*\.txt$/),
    ]);
    const path = pathOf(lines);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'faults')).mode & 0o777).toBe(0o700);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('command: tinyfat runs');
    expect(text).toMatch(/TypeError: x is not\n a function\n {4}at /);
    expect(text).toMatch(/caused by: Error: deeper\n {4}at /);
  });

  it('shows and stores nothing of the environment that is secret', () => {
    const environment = {
      SMTP_URL: 'smtps://me:p%40ss-word@relay.example:465',
      ANTHROPIC_API_KEY: 'sk-ant-api03-secret',
      MASTER_KEYS: 'k2:c2VjcmV0LW5ldw==,k1:c2VjcmV0LW9sZA==',
      TINYFAT_TOKEN: 'tf_token_secret',
      POSTMARK_WEBHOOK_AUTH: 'postmark:hook-secret',
      RESEND_WEBHOOK_SECRET: 'whsec_abc123secret',
      HOME: '/home/me',
    };
    const hidden = [
      'p@ss-word',
      'p%40ss-word',
      'sk-ant-api03-secret',
      'c2VjcmV0LW5ldw==',
      'c2VjcmV0LW9sZA==',
      'tf_token_secret',
      'hook-secret',
      'whsec_abc123secret',
    ];
    const lines = report(new Error(`all: ${hidden.join(' ')} /home/me`), { secrets: secretsOf(environment) });
    const text = readFileSync(pathOf(lines), 'utf8');
    for (const secret of hidden) {
      expect(lines.join('\n')).not.toContain(secret);
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('/home/me');
  });

  it('leaves at most twenty files, the newest', () => {
    const paths = Array.from({ length: 25 }, (_, n) => pathOf(report(new Error(`fault ${n}`))));
    const names = readdirSync(join(folder, 'faults'));
    expect(names).toHaveLength(20);
    expect(existsSync(paths[24] ?? '')).toBe(true);
  });

  it('goes into the temporary folder where the data folder takes no file', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const dataDir of [null, join(folder, 'file'), join(folder, 'missing')]) {
      const path = pathOf(report(new Error('x'), { dataDir }));
      expect(path.startsWith(join(folder, 'tmp', 'tinyfat-fault-'))).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });

  it('says so where nothing can be written', () => {
    process.env.TMPDIR = join(folder, 'nowhere');
    expect(report(new Error('x'), { dataDir: null }).at(-1)).toMatch(/could be written nowhere/);
  });

  it('touches nothing that a link among the old files leads to', () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'keep');
    mkdirSync(join(folder, 'faults'));
    symlinkSync(target, join(folder, 'faults', 'fault-0000.txt'));
    for (let n = 0; n < 21; n += 1) report(new Error(`fault ${n}`));
    expect(readFileSync(target, 'utf8')).toBe('keep');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'secret words'],
    ['an object', Object.create(null)],
    ['an error whose text is endless', new Error('x'.repeat(1_000_000))],
    ['an error that steers a terminal', new Error('\u001b[31mred\u202e')],
  ])('may be %s', (_, thrown) => {
    const lines = report(thrown);
    expect(lines).toHaveLength(2);
    expect(lines.join('').length).toBeLessThan(1500);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]|secret words/u);
    expect(statSync(pathOf(lines)).size).toBeLessThan(70_000);
  });

  it('is told from one that is known, which needs no file', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(report(full)).toEqual([
      expect.stringMatching(
        /^tinyfat runs: There is no room left .* \(ENOSPC: no space left on device, write\)$/,
      ),
      expect.stringMatching(/^To mend it: Look at df -h/),
    ]);
    expect(existsSync(join(folder, 'faults'))).toBe(false);
  });
});
