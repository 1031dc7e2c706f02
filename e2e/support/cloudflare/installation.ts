/** The four Workers as an installation: with Postgres behind Hyperdrive, and a stand-in for the containers. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type ContainerStandIn, startContainerStandIn } from '@tinyfat/testing/stand-ins/container/server';
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { dohAnswer } from '@tinyfat/testing/stand-ins/doh-front';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { postResend, WEBHOOK_SECRET } from '@tinyfat/testing/stand-ins/webhooks';
import { apiClient } from '../api.ts';
import type { CliResult } from '../command-runner.ts';
import type { Composition, CompositionOptions } from '../installation.ts';
import { DOMAIN } from '../senders.ts';
import { runCli, type Tinyfat } from '../tinyfat.ts';
import { apiKey, OWNER } from '../webhooks.ts';
import { type RunningWorkers, startWorkers } from './workers.ts';

/** An installation on Workers, and what only such a one has. */
export interface OnWorkers extends Composition {
  workers: RunningWorkers;
  containers: ContainerStandIn;
  /** The database of the Workers, beside them. */
  db: Database;
  /** Runs a command on a machine of the operator, beside the Workers: they are not woken by it. */
  cli(words: string[]): Promise<CliResult>;
}

export interface OnWorkersOptions extends CompositionOptions {
  /** Secrets beside those of every test. */
  secrets?: Record<string, string>;
  /** What the model does about a text; what stands in it in double brackets, if not given. */
  script?: (text: string) => string;
}

/** Where people reach it; nothing listens there. */
export const PUBLIC_URL = 'https://agents.test';

/** Starts it. */
export async function onWorkers({
  environment = {},
  secrets = {},
  records,
  script,
}: OnWorkersOptions): Promise<OnWorkers> {
  const model = await startAnthropicStandIn(script && { script });
  const resend = await startResendStandIn({ apiKey });
  const dns = await startDnsStub(records);
  const doh = await dohFront(dns.address);
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-workers-'));
  const { url: databaseUrl, directUrl, drop } = await makeFreshPostgres(folder);
  const db = await openPostgres({ url: databaseUrl, directUrl, connections: 2 });
  let sandbox: ReturnType<RunningWorkers['worker']> | null = null;
  const containers = await startContainerStandIn(
    async (container, { url, method, headers, body, signal }) => {
      if (sandbox === null) throw new Error('the Workers are not up');
      const passed = new Headers(headers);
      for (const name of ['host', 'content-length', 'transfer-encoding', 'connection', 'expect'])
        passed.delete(name);
      passed.set('x-stand-in-container', container);
      passed.set('x-stand-in-url', url);
      const init = { method, headers: [...passed], body, signal, duplex: 'half', redirect: 'manual' };
      return (await sandbox.fetch('https://way-out.test/', init as never)) as unknown as Response;
    },
  );
  const workers = await startWorkers({
    databaseUrl,
    vars: {
      MAIL_DOMAIN: DOMAIN,
      PUBLIC_URL,
      ADMIN_EMAILS: OWNER,
      ANTHROPIC_BASE_URL: model.url,
      RESEND_BASE_URL: resend.url,
      DNS_OVER_HTTPS: doh.url,
      RETRY_BASE_MS: '20',
      CONTAINERS: containers.url,
      ...environment,
    },
    secrets: {
      MASTER_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
      SIGN_IN_KEY: `s1:${randomBytes(32).toString('base64url')}`,
      ANTHROPIC_API_KEY: 'k',
      RESEND_API_KEY: apiKey,
      RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ...secrets,
    },
  });
  sandbox = workers.worker('sandbox');
  const settings = {
    PATH: process.env.PATH ?? '',
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    DATABASE_DIRECT_URL: directUrl,
    MAIL_DOMAIN: DOMAIN,
    ADMIN_EMAILS: OWNER,
    ...environment,
    ...secrets,
  };
  const cli: Tinyfat['cli'] = (words, stdin) => runCli(words, settings, stdin);
  const { host } = new URL(workers.url);
  return {
    model,
    resend,
    workers,
    containers,
    db,
    cli,
    url: workers.url,
    api: await apiClient({ cli, host }, settings.ADMIN_EMAILS, 'read', 'write', 'keys', 'admin'),
    post: (event) => postResend(workers.url, event),
    async dispose() {
      await workers.close();
      await containers.close();
      await doh.close();
      await dns.close();
      await resend.close();
      await model.close();
      await db.destroy();
      await drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** DNS over HTTPS for the stub. */
async function dohFront(dnsServer: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await dohAnswer(dnsServer, Buffer.concat(chunks));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  return await listenOnLoopback(server);
}
