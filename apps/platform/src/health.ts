/** `GET /health/live` and `/health/ready`: is the process alive, and can it take and do work. */
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** One thing that must work; gives null, or a sentence about what is wrong. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

/** Takes one POST; the answer's body is its code and reason. */
export type PostHandler = (request: {
  headers: Headers;
  body: ReadableStream<Uint8Array>;
}) => Promise<{ status: number; code: string | null; reason: string | null }>;

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Listens; rejects when the port is taken. Ready answers 200, or 503 with what is wrong, by the checks' names. */
export async function startHealthServer(options: {
  host: string;
  port: number;
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** By path. */
  posts?: ReadonlyMap<string, PostHandler>;
}): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    const post = request.method === 'POST' ? options.posts?.get(path ?? '') : undefined;
    if (post) {
      post(webRequest(request)).then(
        ({ status, code, reason }) => {
          // What was not read to its end is not read any more.
          if (status !== 200) response.setHeader('connection', 'close');
          answer(status, { code, reason });
        },
        () => request.destroy(),
      );
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'only GET' });
    if (path === '/health/live') return answer(200, { status: 'ok' });
    if (path !== '/health/ready') return answer(404, { error: 'there is /health/live and /health/ready' });
    runChecks(options.checks).then(
      (checks) => {
        const ready = Object.values(checks).every((check) => check === 'ok');
        answer(ready ? 200 : 503, { status: ready ? 'ok' : 'not ready', checks });
      },
      () => answer(500, { status: 'not ready' }),
    );
  });
  server.requestTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function runChecks(checks: Readonly<Record<string, ReadinessCheck>>): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      results[name] = (await check()) ?? 'ok';
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return results;
}

function webRequest(request: IncomingMessage): { headers: Headers; body: ReadableStream<Uint8Array> } {
  const headers = new Headers();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return { headers, body: Readable.toWeb(request) };
}
