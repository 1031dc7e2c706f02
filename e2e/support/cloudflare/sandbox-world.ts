/**
 * The Worker that runs turns in workerd, as it is bundled for Cloudflare, with Miniflare's R2 and Durable Objects. Containers
 * and the model are stand-ins; a second Worker is the consumer.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { TurnRequest, TurnResult, TurnRunner } from '@tinyfat/core';
import { type Bucket, bucketFolders, openBucket } from '@tinyfat/storage';
import { bundleWorker, COMPATIBILITY } from '@tinyfat/testing/bundle-worker';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type ContainerStandIn, startContainerStandIn } from '@tinyfat/testing/stand-ins/container/server';
import { bodyOf, listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { AskedTurn } from './consumer-worker.ts';

const checkout = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export interface SandboxWorld {
  /** Each turn by a consumer of its own. */
  runner: TurnRunner;
  /** As `runner`; `die` ends the consumer, and nobody waits any more. */
  runAndDie(request: TurnRequest, die: AbortSignal): Promise<TurnResult>;
  folders: ReturnType<typeof bucketFolders>;
  bucket: Bucket;
  containers: ContainerStandIn;
  model: Awaited<ReturnType<typeof startAnthropicStandIn>>;
  /** Values of its secrets. */
  secrets: readonly string[];
  /** Removes all of an agent. */
  empty(agentId: string): Promise<void>;
  close(): Promise<void>;
}

/** For the test itself, which looks at the bucket from outside. */
const CREDENTIALS = { accessKeyId: 'a-key', secretAccessKey: 'a-secret' };
const KEY = 'sk-ant-the-real-key';
const MASTER_KEYS = `k1:${randomBytes(32).toString('base64url')}`;

/** Starts it; `vars` of the Worker beside its own. */
export async function startSandboxWorld(vars: Record<string, string> = {}): Promise<SandboxWorld> {
  const [sandbox, consumer] = await Promise.all([
    bundleWorker(checkout('apps/sandbox-spike/src/test-support/stand-in-worker.ts')),
    bundleWorker(checkout('e2e/support/cloudflare/consumer-worker.ts')),
  ]);
  const model = await startAnthropicStandIn();
  let address = '';
  const containers = await startContainerStandIn(async (container, request) => {
    const headers = new Headers(request.headers);
    headers.set('x-stand-in-container', container);
    headers.set('x-stand-in-url', request.url);
    headers.delete('host');
    headers.delete('content-length');
    headers.delete('transfer-encoding');
    headers.delete('connection');
    headers.delete('expect');
    const { method, body, signal } = request;
    const init = { method, headers, body, signal, duplex: 'half', redirect: 'manual' };
    return await fetch(address, init as RequestInit);
  });
  const bindings = {
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: model.url,
    MASTER_KEYS,
    CONTAINERS: containers.url,
    LOG_LEVEL: 'warn',
    ...vars,
  };
  const shared = { modules: true, ...COMPATIBILITY };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...shared,
          name: 'sandbox',
          compatibilityFlags: [...COMPATIBILITY.compatibilityFlags, 'global_fetch_strictly_public'],
          script: sandbox,
          bindings,
          r2Buckets: { DATA: { id: 'data', s3Credentials: CREDENTIALS } },
          // Nothing listens there: only a turn that an owner pays asks the database.
          hyperdrives: { HYPERDRIVE: 'postgres://nobody:none@127.0.0.1:1/none' },
          durableObjects: { SANDBOX: { className: 'AgentSandbox', useSQLite: true } },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
        {
          ...shared,
          name: 'consumer',
          script: consumer,
          durableObjects: { SANDBOX: { className: 'AgentSandbox', scriptName: 'sandbox' } },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  );
  const url = await miniflare.ready;
  address = String(await miniflare.unsafeGetDirectURL('sandbox'));
  const consumerUrl = String(await miniflare.unsafeGetDirectURL('consumer'));
  const endpoint = `${url.origin}/cdn-cgi/local/r2/s3`;
  const bucket = openBucket(
    { endpoint, bucket: 'data', region: 'auto', credentials: CREDENTIALS },
    { clock: Date.now, random: Math.random },
  );
  return {
    runner: { runTurn: (request, signal) => runTurn(consumerUrl, request, signal) },
    runAndDie: (request, die) => runTurn(consumerUrl, request, new AbortController().signal, die),
    folders: bucketFolders({ bucket, root: '', clock: Date.now }),
    bucket,
    containers,
    model,
    secrets: [KEY, MASTER_KEYS, MASTER_KEYS.slice(3)],
    async empty(agentId) {
      for (;;) {
        const { objects } = await bucket.list({ prefix: `agents/${agentId}/` });
        if (objects.length === 0) return;
        await bucket.remove(objects.map(({ key }) => key));
      }
    },
    async close() {
      await miniflare.dispose();
      await containers.close();
      await model.close();
    },
  };
}

/** Has the consumer run a turn, and answers what it is called back for. */
async function runTurn(
  consumer: string,
  { spending, attachments, ...turn }: TurnRequest,
  signal: AbortSignal,
  die?: AbortSignal,
): Promise<TurnResult> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.url === '/cancelled') {
      const answer = () => void response.end();
      if (signal.aborted) answer();
      else signal.addEventListener('abort', answer, { once: true });
    } else if (request.url === '/reserve') {
      const { more, whole } = JSON.parse(body);
      response.end(JSON.stringify(await spending.reserve(more, whole)));
    } else {
      await spending.settle(JSON.parse(body));
      response.end();
    }
  });
  const { url: back, close } = await listenOnLoopback(server);
  try {
    const { models, reserved } = spending;
    const asked: AskedTurn = {
      back,
      turn: {
        ...turn,
        spending: { models, reserved },
        attachments: attachments.map((one) => ({
          ...one,
          content: Buffer.from(one.content).toString('base64'),
        })),
      },
    };
    const init = { method: 'POST', body: JSON.stringify(asked), ...(die ? { signal: die } : {}) };
    const answer = await fetch(consumer, init);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as TurnResult;
  } finally {
    await close();
  }
}
