/** The environment file, and what reads it: systemd, the shell, docker compose, the server. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../apps/server/src/config.ts';

const file = join(import.meta.dirname, 'systemd/tinyfat.env.example');
const example = readFileSync(file, 'utf8');
/** Systemd's own reader of such lines, as its environment generator uses it (environment.d(5)). */
const GENERATOR = '/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator';

/** The example with every setting that it names switched on. */
const everything = example.replaceAll(/^#(?=[A-Z])/gm, '');

/** Every variable that the server looks at. */
function known(): Set<string> {
  const asked = new Set<string>();
  const environment = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  readConfig(environment);
  return asked;
}

/** `NAME='value'` of each line, as written. */
function written(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^([A-Z_]+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

describe('the environment file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has only lines that all its readers take alike', () => {
    for (const line of everything.split('\n')) expect(line).toMatch(/^(#.*|[A-Z_]+='[^'\\]*'|)$/);
    const names = [...everything.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('names only variables that the server knows', () => {
    const names = [...written(everything).keys()];
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !known().has(name))).toEqual([]);
    // DATABASE_URL and others that are looked at in order to refuse them.
    for (const [name, value] of written(everything)) {
      const read = readConfig({ ...Object.fromEntries(written(example)), [name]: value });
      const problems = read.ok ? [] : read.problems;
      const expected = name.startsWith('SMTP_TLS_')
        ? /^SMTP_TLS_\w+(: the file can not be read| and )/
        : /^$/;
      expect(problems.filter((problem) => !expected.test(problem))).toEqual([]);
    }
  });

  it('starts a server as it is shipped', () => {
    expect(readConfig(Object.fromEntries(written(example)))).toMatchObject({
      ok: true,
      config: { dataDir: '/var/lib/tinyfat', smtp: { host: '0.0.0.0', port: 2525 } },
    });
  });

  it('is to the shell what is written there', () => {
    const whole = join(folder, 'whole.env');
    writeFileSync(whole, everything);
    const printed = execFileSync('sh', ['-c', 'set -a; . "$1"; exec env -0', 'sh', whole], {
      env: { PATH: '/usr/bin:/bin' },
    });
    const read = new Map(
      printed
        .toString()
        .split('\0')
        .map((one) => one.split(/=(.*)/s) as [string, string]),
    );
    for (const [name, value] of written(everything)) expect([name, read.get(name)]).toEqual([name, value]);
  });

  const missing = !existsSync(GENERATOR);
  it.skipIf(missing)(
    missing
      ? 'is to systemd what is written there (its generator is not here)'
      : 'is to systemd what is written there',
    () => {
      mkdirSync(join(folder, 'environment.d'));
      writeFileSync(join(folder, 'environment.d/tinyfat.conf'), everything);
      const printed = execFileSync(GENERATOR, { env: { XDG_CONFIG_HOME: folder, HOME: folder } }).toString();
      for (const [name, value] of written(everything))
        expect(printed.split('\n').map((line) => line.replaceAll("'", ''))).toContain(`${name}=${value}`);
    },
  );
});
