/** `tinyfat deploy cloudflare` and `tinyfat destroy cloudflare` as people type them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '@tinyfat/core';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { startCloudflareStandIn } from '@tinyfat/testing/stand-ins/cloudflare';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from './support/tinyfat.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { PATH = '' } = process.env;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'tinyfat-deploy-e2e-'));
  const { cert } = makeCertificate({ names: ['Authority'], authority: true });
  writeFileSync(join(home, 'authority.crt'), cert);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const SETTINGS = () => ({
  CLOUDFLARE_API_TOKEN: 'cf-secret-token',
  DATABASE_URL: 'postgresql://postgres:secret-password@db.example.com:5432/postgres?sslmode=disable',
  MAIL_DOMAIN: 'agents.example.com',
  PUBLIC_URL: 'https://agents.example.com',
  RESEND_API_KEY: 're_secret_key',
  ANTHROPIC_API_KEY: 'sk-ant-secret-key',
});

/** The launcher on a machine without a network. */
async function offline(words: string[], environment: Record<string, string>) {
  const child = spawn(
    'bwrap',
    ['--dev-bind', '/', '/', '--unshare-net', '--', join(ROOT, 'bin/tinyfat'), ...words],
    {
      env: { PATH, HOME: home, DATA_DIR: join(home, 'data'), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk) => {
      printed[name] += chunk;
    });
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

describe('deploy cloudflare --dry-run, without a network', () => {
  const bundled = (of: string) =>
    ['mail', 'sandbox', 'queue', 'platform'].map(
      (name) => new RegExp(`^the Worker ${of}-${name} \\.\\.\\. [\\d.]+ KiB`, 'm'),
    );

  it('bundles all four Workers without any setting, and names what is missing', async () => {
    const { code, stdout, stderr } = await offline(['deploy', 'cloudflare', '--dry-run'], {});
    for (const line of bundled('tinyfat')) expect(stdout).toMatch(line);
    expect(stdout).toContain('https://tinyfat-platform.(your subdomain).workers.dev');
    expect(stderr.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual([
      'CLOUDFLARE_API_TOKEN',
      'DATABASE_URL',
      'MAIL_DOMAIN',
      'RESEND_API_KEY',
    ]);
    expect(code).toBe(1);
  });

  it('passes with settings, under another name, and prints no secret', async () => {
    const { DATABASE_URL: _, ...rest } = SETTINGS();
    const environment = {
      ...rest,
      DATABASE_URL: 'postgresql://postgres:secret-password@db.example.com:5432/postgres',
      DATABASE_TLS_CA: join(home, 'authority.crt'),
    };
    const { code, stdout, stderr } = await offline(
      ['deploy', 'cloudflare', '--dry-run', '--name', 'acme', '--most-turns', '7'],
      environment,
    );
    expect(stderr).toBe('');
    for (const line of bundled('acme')) expect(stdout).toMatch(line);
    expect(stdout).toContain('https://agents.example.com');
    expect(stdout).toContain('at most 7 at once');
    expect(stdout).not.toContain('secret');
    expect(code).toBe(0);
  });
});

describe('deploy cloudflare', () => {
  it.each([
    [['--name', '../x'], '--name must be small letters'],
    [['--name', 'x-'], '--name must be small letters'],
    [['--most-turns', '251'], '--most-turns must be a whole number from 1 to 250'],
    [['--instance-type', 'huge'], 'standard-1'],
  ])('takes no wrong words: %s', async (words, said) => {
    const ran = await runCli(['deploy', 'cloudflare', ...words], { PATH, HOME: home });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });

  it('is refused with all that is missing, before anybody is asked', async () => {
    const { code, stdout, stderr } = await runCli(['deploy', 'cloudflare'], {
      PATH,
      HOME: home,
      ...SETTINGS(),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('must lead to a server that Cloudflare reaches');
    expect(stderr).not.toContain('secret');
  });
});

describe('deploy cloudflare, with all settings', () => {
  async function run(more: Record<string, string>) {
    const cloudflare = await startCloudflareStandIn();
    onTestFinished(() => cloudflare.close());
    const environment = {
      ...SETTINGS(),
      PATH,
      HOME: home,
      DATA_DIR: join(home, 'data-of-deploy'),
      DATABASE_URL: 'postgresql://postgres:secret-password@127.0.0.1:1/postgres?sslmode=verify-full',
      DATABASE_TLS_CA: join(home, 'authority.crt'),
      CLOUDFLARE_API_TOKEN: cloudflare.token,
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
      WRANGLER_DOCKER_BIN: 'true',
      ...more,
    };
    const ran = await runCli(['deploy', 'cloudflare'], environment);
    for (const secret of ['secret', cloudflare.token]) expect(JSON.stringify(ran)).not.toContain(secret);
    return { ran, cloudflare };
  }

  it('ends before anything else where Docker does not run', async () => {
    const { ran, cloudflare } = await run({ WRANGLER_DOCKER_BIN: 'false' });
    expect(ran).toMatchObject({ code: 1, stdout: 'what builds the image ... failed\n' });
    expect(ran.stderr).toContain('Next: Install and start Docker');
    expect(cloudflare.requests).toEqual([]);
  });

  it('has a line for each step, and says of a database that is away what to do', async () => {
    const { ran } = await run({});
    expect(ran.stdout.split('\n')).toEqual([
      'what builds the image ... is there',
      'the account and the rights of the token ... Example',
      'the address ... https://agents.example.com',
      'the database ... failed',
      '',
    ]);
    expect(ran.stderr).toContain(describeError('database_unreachable').sentence);
    expect(ran.code).toBe(1);
  });
});

describe('destroy cloudflare', () => {
  async function installed() {
    const cloudflare = await startCloudflareStandIn();
    onTestFinished(() => cloudflare.close());
    const [account] = cloudflare.accounts;
    if (!account) throw new Error('no account');
    account.scripts.set('tinyfat-mail', new Set());
    account.buckets.push('tinyfat-data');
    const environment = {
      PATH,
      HOME: home,
      CLOUDFLARE_API_TOKEN: cloudflare.token,
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
    };
    const run = (...words: string[]) => runCli(['destroy', 'cloudflare', ...words], environment);
    return { cloudflare, account, run };
  }

  it('removes nothing where nobody can be asked, and all but what is stored with --yes', async () => {
    const { cloudflare, account, run } = await installed();
    const refused = await run();
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes removes without asking'),
    });
    expect(refused.stdout).toContain('  Worker      tinyfat-mail');
    expect([...account.scripts.keys()]).toEqual(['tinyfat-mail']);
    const done = await run('--yes');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('removed: Worker tinyfat-mail');
    expect([...account.scripts.keys()]).toEqual([]);
    expect(account.buckets).toEqual(['tinyfat-data']);
    expect(JSON.stringify([refused, done])).not.toContain(cloudflare.token);
  });

  it('says what is wrong with the token, without it', async () => {
    const { cloudflare, run } = await installed();
    cloudflare.rights.delete('workers');
    const refused = await run('--yes');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Workers Scripts · Edit') });
    expect(JSON.stringify(refused)).not.toContain(cloudflare.token);
  });
});
