/** `tinyfat deploy cloudflare`, step by step, against the stand-in for Cloudflare's API. */
import { makeCertificate } from '@tinyfat/testing/certificates';
import type { CloudflareFault } from '@tinyfat/testing/stand-ins/cloudflare';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTHORITY, PASSWORD, type TestDeployment, testDeployment } from './test-support/deployment.ts';

let test: TestDeployment;
beforeEach(async () => {
  test = await testDeployment();
});
afterEach(() => test.close());

const account = () => {
  const [first] = test.cloudflare.accounts;
  if (!first) throw new Error('no account');
  return first;
};

describe('from nothing', () => {
  it('makes all of it, tables before Workers, each Worker before those that are bound to it', async () => {
    expect(await test.run()).toEqual({ ok: true, url: 'https://tinyfat-platform.example.workers.dev' });
    expect(test.events).toEqual([
      'database',
      'POST /r2/buckets',
      'POST /queues',
      'POST /queues',
      'POST /queues',
      'POST /mtls_certificates',
      'POST /hyperdrive/configs',
      'Worker tinyfat-mail',
      'Worker tinyfat-sandbox',
      'Worker tinyfat-queue',
      'Worker tinyfat-platform',
    ]);
    expect(account().buckets).toEqual(['tinyfat-data']);
    expect(account().queues.map(({ queue_name }) => queue_name)).toEqual([
      'tinyfat-jobs',
      'tinyfat-tasks',
      'tinyfat-dead',
    ]);
    expect(test.lines.filter((line) => line.startsWith('  '))).toHaveLength(
      test.lines.filter((line) => !line.startsWith('  ')).length,
    );
  });

  it('lets Hyperdrive cache nothing, and verify the server by the authority that was uploaded', async () => {
    await test.run();
    const [certificate] = account().certificates;
    expect(certificate?.certificates).toBe(AUTHORITY);
    expect(account().hyperdrives).toEqual([
      {
        id: expect.any(String),
        name: 'tinyfat-database',
        origin: {
          scheme: 'postgresql',
          host: 'db.example.com',
          port: 5432,
          database: 'postgres',
          user: 'postgres',
          password: PASSWORD,
        },
        caching: { disabled: true },
        origin_connection_limit: 20,
        mtls: { ca_certificate_id: certificate?.id, sslmode: 'verify-full' },
      },
    ]);
    const [, sandbox] = test.runs;
    expect(sandbox?.config).toMatchObject({
      account_id: account().id,
      hyperdrive: [{ binding: 'HYPERDRIVE', id: account().hyperdrives[0]?.id }],
      vars: { MAIL_DOMAIN: 'agents.example.com', PUBLIC_URL: 'https://tinyfat-platform.example.workers.dev' },
    });
  });

  it('leads a name of one’s own to the platform once it is there', async () => {
    test.environment.PUBLIC_URL = 'https://agents.example.com';
    expect(await test.run()).toEqual({ ok: true, url: 'https://agents.example.com' });
    expect(account().domains).toMatchObject([
      { hostname: 'agents.example.com', service: 'tinyfat-platform' },
    ]);
    expect(test.events.at(-1)).toBe('PUT /workers/domains');
    expect(test.runs.at(-1)?.config).toMatchObject({ workers_dev: false });
  });
});

describe('once more', () => {
  it('makes nothing twice, and finds what stands on a later page', async () => {
    test.environment.PUBLIC_URL = 'https://agents.example.com';
    account().perPage = 1;
    await test.run();
    test.events.length = 0;
    expect(await test.run()).toMatchObject({ ok: true });
    expect(test.events).toEqual([
      'database',
      expect.stringMatching(/^PUT \/hyperdrive\/configs\/\w+$/),
      'Worker tinyfat-mail',
      'Worker tinyfat-sandbox',
      'Worker tinyfat-queue',
      'Worker tinyfat-platform',
    ]);
  });

  it('gives Hyperdrive the password and the authority of now', async () => {
    await test.run();
    const other = makeCertificate({ names: ['Other'], authority: true }).cert;
    const address = {
      host: 'db.example.com',
      port: 5432,
      user: 'postgres',
      password: 'changed-password',
      database: 'postgres',
      tls: 'verify-full',
    } as const;
    test.deps.database = { address, authorities: other };
    expect(await test.run()).toMatchObject({ ok: true });
    expect(account().hyperdrives).toMatchObject([
      {
        origin: { password: 'changed-password' },
        mtls: { ca_certificate_id: account().certificates.find((one) => one.certificates === other)?.id },
      },
    ]);
  });

  it('refuses to lead an installation to the database of another, unless it has moved', async () => {
    await test.run();
    test.events.length = 0;
    const address = {
      host: 'db.staging.example.com',
      port: 5432,
      user: 'postgres',
      password: PASSWORD,
      database: 'postgres',
      tls: 'verify-full',
    } as const;
    test.deps.database = { address, authorities: AUTHORITY };
    expect(await test.run()).toEqual({
      ok: false,
      reason:
        'tinyfat-database leads to another database: postgres at db.example.com:5432, and not postgres at db.staging.example.com:5432.',
      fix: expect.stringMatching(/--name.*--adopt/),
    });
    expect(test.events).toEqual([]);
    expect(await test.run('staging')).toMatchObject({ ok: true });
    expect(await test.run('tinyfat', true)).toMatchObject({ ok: true });
    expect(account().hyperdrives.map(({ origin }) => origin.host)).toEqual([address.host, address.host]);
  });

  it('takes away secrets that are no longer set, and leaves those that it does not know', async () => {
    await test.run();
    account().scripts.get('tinyfat-queue')?.add('OF_SOMEBODY_ELSE');
    delete test.environment.RESEND_API_KEY;
    delete test.environment.RESEND_WEBHOOK_SECRET;
    test.environment.POSTMARK_SERVER_TOKEN = 'postmark-abcdefgh';
    expect(await test.run()).toMatchObject({ ok: true });
    expect(account().scripts.get('tinyfat-queue')).toEqual(
      new Set(['POSTMARK_SERVER_TOKEN', 'OF_SOMEBODY_ELSE']),
    );
    expect(test.lines).toContain(
      '  deployed; no longer set, and removed: RESEND_API_KEY, RESEND_WEBHOOK_SECRET',
    );
  });
});

describe('a step that fails', () => {
  const STEPS: [method: string, path: string][] = [
    ['GET', '/accounts'],
    ['GET', '/workers/subdomain'],
    ['GET', '/r2/buckets/'],
    ['POST', '/r2/buckets'],
    ['POST', '/queues'],
    ['POST', '/mtls_certificates'],
    ['POST', '/hyperdrive/configs'],
    ['GET', '/workers/scripts/tinyfat-mail/secrets'],
  ];
  const KINDS: [CloudflareFault['kind'], RegExp][] = [
    ['broken', /answered 502.* Wait a few minutes, then run the same command again/s],
    ['reset', /could not be reached.* Look at the network/s],
  ];

  it.each(STEPS.flatMap(([method, path]) => KINDS.map(([kind, said]) => ({ method, path, kind, said }))))(
    'says what to do, and the same command goes on: $method $path, $kind',
    async ({ method, path, kind, said }) => {
      test.cloudflare.fail({ method, path, kind });
      const failed = await test.run();
      expect(failed.ok ? '' : `${failed.reason} ${failed.fix}`).toMatch(said);
      expect(await test.run()).toMatchObject({ ok: true });
      const made = test.events.filter((event) => event.startsWith('POST'));
      // The one that failed was tried again.
      expect(made.length - 6).toBe(method === 'POST' ? 1 : 0);
      expect(account().queues).toHaveLength(3);
      expect(account().hyperdrives).toHaveLength(1);
    },
  );

  it('in wrangler ends there, with the end of what it printed', async () => {
    test.wranglerFails = ['line 1\nNo such zone'];
    const failed = await test.run();
    expect(failed).toMatchObject({
      ok: false,
      reason: expect.stringContaining('Worker mail:\nline 1\nNo such zone'),
    });
    expect(test.runs).toHaveLength(1);
    expect(await test.run()).toMatchObject({ ok: true });
  });

  it('counts what somebody made between look and make as there', async () => {
    for (const path of ['/r2/buckets', '/queues', '/mtls_certificates', '/hyperdrive/configs'])
      test.cloudflare.fail({ method: 'POST', path, kind: 'late' });
    expect(await test.run()).toMatchObject({ ok: true });
    expect(account().buckets).toHaveLength(1);
    expect(account().queues).toHaveLength(3);
    expect(test.lines.filter((line) => line === '  is there').length).toBeGreaterThanOrEqual(2);
  });

  it('before anything else is the want of Docker or of a build', async () => {
    test.deps.dockerProblem = async () => 'There is no docker on this machine.';
    expect(await test.run()).toMatchObject({
      ok: false,
      fix: expect.stringContaining('Install and start Docker'),
    });
    test.deps = { root: '/nowhere' };
    expect(await test.run()).toMatchObject({ ok: false, fix: expect.stringContaining('bin/tinyfat help') });
    expect(test.cloudflare.requests).toEqual([]);
    expect(test.events).toEqual([]);
  });

  it('in the database lets no Worker be deployed', async () => {
    test.deps.prepareDatabase = async () => ({ ok: false, reason: 'Other keys.', fix: 'Set MASTER_KEYS.' });
    expect(await test.run()).toMatchObject({ ok: false, reason: 'Other keys.' });
    expect(test.runs).toEqual([]);
    expect(account().buckets).toEqual([]);
  });

  it('at the end is a server that is not ready', async () => {
    test.deps.isReady = async () => `no database: ${PASSWORD} ${test.environment.RESEND_API_KEY}`;
    const failed = await test.run();
    expect(failed).toMatchObject({
      ok: false,
      fix: expect.stringContaining('npx wrangler tail tinyfat-platform'),
    });
    expect(JSON.stringify(failed)).not.toContain(test.environment.RESEND_API_KEY);
  });
});
