/**
 * The Worker of the platform as it is deployed, in workerd: with the Worker of mail, one that seals keys, R2, queues, and
 * Hyperdrive before a Postgres of its own. DNS and Resend are stand-ins.
 */
import { join } from 'node:path';
import { newMasterKey } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import { connectPostgres } from '@tinyfat/database/postgres';
import { bundleWorker, COMPATIBILITY } from '@tinyfat/testing/bundle-worker';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';
import { type DnsStubRecords, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { dohAnswer } from '@tinyfat/testing/stand-ins/doh-front';
import { type ResendStandIn, startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { WEBHOOK_SECRET } from '@tinyfat/testing/stand-ins/webhooks';
import { convertV4MiniflareOptions, Miniflare, Response as WorkerResponse } from 'miniflare';

export const ADMIN = 'root@example.org';
export const DOMAIN = 'agents.example.org';
export const PUBLIC_URL = 'https://agents.example.org';
export const METRICS_TOKEN = 'a-token-for-the-metrics-of-tests';

const apps = join(import.meta.dirname, '../../../../');
const DNS_URL = 'https://dns.test/dns-query';
const QUEUES = { JOBS: 'jobs', TASKS: 'tasks' };

/** What became of a mail that was handed to the Worker. */
export interface EmailOutcome {
  outcome: 'ok' | 'exception';
  rejectReason?: string;
}

export interface RunningPlatform {
  db: Database;
  resend: ResendStandIn;
  /** Asks as somebody at this address would, through Cloudflare. */
  fetch(path: string, init?: RequestInit & { from?: string }): Promise<Response>;
  /** Hands a mail over, as Email Routing does. */
  email(mail: { from: string; to: string; raw: Uint8Array }): Promise<EmailOutcome>;
  /** The cron of each minute. */
  sweep(): Promise<void>;
  /** What lies in the bucket. */
  object(key: string): Promise<string | null>;
  keys(prefix: string): Promise<string[]>;
  put(key: string, content: string): Promise<void>;
  /** Topics that were sent to the queues so far. */
  woken: string[];
  close(): Promise<void>;
}

/** `records` may be changed as long as it runs; `vars` replace settings, and null leaves one out. */
export async function startPlatform(
  name: string,
  records: Record<string, DnsStubRecords>,
  vars: Record<string, string | null> = {},
): Promise<RunningPlatform> {
  const [platform = '', mail = '', keys = '', sink = ''] = await Promise.all([
    bundleWorker(join(apps, 'platform/src/worker.ts')),
    bundleWorker(join(apps, 'mail-worker/src/worker.ts')),
    bundleWorker(join(apps, 'platform/src/cloudflare/test-support/keys-worker.ts')),
    SINK,
  ]);
  const database = await makeFreshPostgres(`platform-${name}-${process.pid}`);
  const db = connectPostgres({ url: database.url });
  const dns = await startDnsStub(records);
  const resend = await startResendStandIn({ apiKey: 're_test', domains: [DOMAIN] });
  const woken: string[] = [];
  const key = (id: string) => `${id}:${Buffer.from(newMasterKey(randomBytes).bytes).toString('base64')}`;
  const settings: Record<string, string | null> = {
    MAIL_DOMAIN: DOMAIN,
    PUBLIC_URL,
    ADMIN_EMAILS: ADMIN,
    SIGN_IN_KEY: key('s1'),
    METRICS_TOKEN,
    RESEND_API_KEY: 're_test',
    RESEND_BASE_URL: resend.url,
    RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
    POSTMARK_WEBHOOK_AUTH: 'hook:secret',
    LOG_LEVEL: 'error',
    ...vars,
  };
  const hyperdrives = { HYPERDRIVE: database.url };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      unsafeTriggerHandlers: true,
      workers: [
        {
          ...worker('tinyfat-platform', platform),
          bindings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)),
          assets: {
            directory: join(apps, '../dist/platform/client'),
            binding: 'ASSETS',
            routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
          },
          r2Buckets: ['DATA'],
          hyperdrives,
          serviceBindings: { MAIL: 'tinyfat-mail', KEYS: { name: 'tinyfat-sandbox', entrypoint: 'Keys' } },
          queueProducers: QUEUES,
        },
        {
          ...worker('tinyfat-mail', mail),
          bindings: { MAIL_DOMAIN: DOMAIN, DNS_OVER_HTTPS: DNS_URL, TRUSTED_AUTHSERV_IDS: 'mx.example.net' },
          async outboundService(request) {
            const answer = await dohAnswer(dns.address, await request.bytes());
            return new WorkerResponse(await answer.bytes(), {
              headers: { 'content-type': 'application/dns-message' },
            });
          },
        },
        { ...worker('tinyfat-sandbox', keys), bindings: { MASTER_KEYS: key('k1') }, hyperdrives },
        {
          ...worker('sink', sink),
          serviceBindings: {
            NOTE: async (request) => {
              woken.push(await request.text());
              return new WorkerResponse();
            },
          },
          queueConsumers: Object.fromEntries(
            Object.values(QUEUES).map((queue) => [queue, { maxBatchTimeout: 0, maxBatchSize: 1 }]),
          ),
        },
      ],
    }),
  );
  await miniflare.ready;
  const bucket = await miniflare.getR2Bucket('DATA', 'tinyfat-platform');
  const ask = async (
    path: string,
    { from = '192.0.2.7', headers, ...init }: RequestInit & { from?: string } = {},
  ) =>
    (await miniflare.dispatchFetch(`${PUBLIC_URL}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { ...Object.fromEntries(new Headers(headers)), 'cf-connecting-ip': from },
    } as never)) as unknown as Response;
  return {
    db,
    resend,
    woken,
    fetch: ask,
    async email({ from, to, raw }) {
      const query = new URLSearchParams({ from, to, format: 'json' });
      const answer = await ask(`/cdn-cgi/local/email?${query}`, {
        method: 'POST',
        body: new Uint8Array(raw),
        headers: { accept: 'application/json' },
      });
      const text = await answer.text();
      if (!text.startsWith('{')) throw new Error(`${answer.status} ${text}`);
      return JSON.parse(text);
    },
    async sweep() {
      const answer = await ask('/cdn-cgi/local/scheduled');
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    },
    object: async (name) => (await (await bucket.get(name))?.text()) ?? null,
    put: async (name, content) => void (await bucket.put(name, content)),
    keys: async (prefix) => (await bucket.list({ prefix })).objects.map(({ key }) => key),
    async close() {
      await miniflare.dispose();
      await resend.close();
      await dns.close();
      await db.destroy();
      await database.drop();
    },
  };
}

/** Tells which topics come out of the queues. */
const SINK = `export default {
  async queue(batch, env) {
    for (const { body } of batch.messages) await env.NOTE.fetch('http://note', { method: 'POST', body: body.topic });
  },
};`;

function worker(name: string, contents: string) {
  return {
    name,
    ...COMPATIBILITY,
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents }],
  };
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(count));
}
