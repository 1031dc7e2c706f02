/** `GET /health/live` and `/health/ready`: is the process alive, and can it take and do work. */
import { createServer } from 'node:http';

/** One thing that must work; gives null, or a sentence about what is wrong. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Listens; rejects when the port is taken. Ready answers 200, or 503 with what is wrong, by the checks' names. */
export async function startHealthServer(options: {
  host: string;
  port: number;
  checks: Readonly<Record<string, ReadinessCheck>>;
}): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    };
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
  server.requestTimeout = 10_000;
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
