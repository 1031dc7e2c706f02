/**
 * One Worker deployed by the real wrangler to a server that notes what it is asked, as Cloudflare's API was seen to be asked:
 * our configuration, our secrets, and the consumers of our queues arrive there, and nothing is asked of a person.
 */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { expect, it, onTestFinished } from 'vitest';
import { workerConfigs } from '../apps/cli/src/cloudflare/worker-configs.ts';
import { deployWorker } from '../apps/cli/src/cloudflare/workers.ts';
import { wrangler } from '../apps/cli/src/cloudflare/wrangler.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ACCOUNT = 'a'.repeat(32);
const API = `/client/v4/accounts/${ACCOUNT}`;

interface Asked {
  method: string;
  path: string;
  body: string;
}

/** Cloudflare for a Worker that is not there yet; its queues are. */
async function startApi() {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const path = url.replace(API, '');
    // The code of the Worker is megabytes; what it is given stands before.
    const body = (await buffer(request)).subarray(0, 10_000).toString('latin1');
    asked.push({ method, path, body });
    const found = answerTo(method, path);
    response.writeHead(found === null ? 404 : 200, { 'content-type': 'application/json' });
    const errors = found === null ? [{ code: 10007, message: 'This Worker does not exist.' }] : [];
    response.end(JSON.stringify({ success: found !== null, errors, messages: [], result: found }));
  });
  const { url, close } = await listenOnLoopback(server);
  onTestFinished(close);
  return { url: `${url}/client/v4`, asked };
}

/** Null: there is none. */
function answerTo(method: string, path: string): unknown {
  const { pathname, searchParams } = new URL(path, 'http://x');
  if (pathname === '/queues')
    return searchParams
      .getAll('name')
      .map((name) => ({ queue_id: `id-of-${name}`, queue_name: name, consumers: [] }));
  if (pathname.startsWith('/workers/workers/'))
    return { id: 'x', subdomain: { enabled: false, previews_enabled: false } };
  if (method === 'GET') return pathname.startsWith('/r2/') ? {} : null;
  return { id: 'x', deployment_id: 'x', startup_time_ms: 1 };
}

it('the consumer is uploaded with its bindings and its secrets alone, and consumes its queues', async () => {
  const { url, asked } = await startApi();
  const secrets = { RESEND_API_KEY: 're_secret', MASTER_KEYS: 'k1:secret', ANTHROPIC_API_KEY: 'sk-secret' };
  const configs = workerConfigs(ROOT, {
    name: 'tinyfat',
    accountId: ACCOUNT,
    hyperdriveId: 'b'.repeat(32),
    hostname: null,
    vars: { MAIL_DOMAIN: 'agents.example.com' },
    secrets: Object.keys(secrets),
    container: { instanceType: 'lite', mostInstances: 5 },
  });
  const deployed = await deployWorker(
    { root: ROOT, wrangler },
    {
      worker: 'queue',
      config: configs.queue,
      secrets,
      environment: { CLOUDFLARE_API_TOKEN: 'cf-token', CLOUDFLARE_API_BASE_URL: url },
      hide: (text) => text,
    },
  );
  expect(deployed).toEqual({ ok: true });

  const upload = asked.find(
    ({ method, path }) => method === 'PUT' && path.startsWith('/workers/scripts/tinyfat-queue?'),
  );
  const [metadata = ''] = /\{"main_module".*\}/.exec(upload?.body ?? '') ?? [];
  const { bindings, ...rest } = JSON.parse(metadata);
  expect(rest).toMatchObject({ compatibility_flags: ['nodejs_compat'], limits: { cpu_ms: 300_000 } });
  expect(Object.fromEntries(bindings.map(({ name, ...one }: { name: string }) => [name, one]))).toEqual({
    MAIL_DOMAIN: { type: 'plain_text', text: 'agents.example.com' },
    OPERATOR_PAYS: { type: 'plain_text', text: 'yes' },
    WORKERS: { type: 'plain_text', text: '5' },
    RESEND_API_KEY: { type: 'secret_text', text: 're_secret' },
    SANDBOX: {
      type: 'durable_object_namespace',
      class_name: 'AgentSandbox',
      script_name: 'tinyfat-sandbox',
    },
    JOBS: { type: 'queue', queue_name: 'tinyfat-jobs' },
    TASKS: { type: 'queue', queue_name: 'tinyfat-tasks' },
    DATA: { type: 'r2_bucket', bucket_name: 'tinyfat-data' },
    HYPERDRIVE: { type: 'hyperdrive', id: 'b'.repeat(32) },
    MAIL: { type: 'service', service: 'tinyfat-mail' },
  });

  const consumers = asked.filter(({ method, path }) => method === 'POST' && path.endsWith('/consumers'));
  expect(Object.fromEntries(consumers.map(({ path, body }) => [path, JSON.parse(body)]))).toMatchObject({
    '/queues/id-of-tinyfat-jobs/consumers': {
      script_name: 'tinyfat-queue',
      dead_letter_queue: 'tinyfat-dead',
      settings: { batch_size: 1, max_retries: 3, max_concurrency: 5 },
    },
    '/queues/id-of-tinyfat-tasks/consumers': {
      dead_letter_queue: 'tinyfat-dead',
      settings: { batch_size: 10 },
    },
    '/queues/id-of-tinyfat-dead/consumers': { script_name: 'tinyfat-queue' },
  });
  expect(asked.find(({ path }) => path.endsWith('/subdomain'))?.body).toBe('{"enabled":false}');
  expect(asked.find(({ path }) => path.endsWith('/schedules'))?.body).toBe('[{"cron":"* * * * *"}]');
});
