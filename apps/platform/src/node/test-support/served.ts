/** `serveRequests` on a port of its own, with an answer that the test makes. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { nobody } from '../../accounts/test-support/nobody.ts';
import type { Backend, RequestContext } from '../../contract.ts';
import { HTTP_LIMITS } from '../http-server.ts';
import { type HttpLimits, serveRequests } from '../serve-requests.ts';

export interface Served {
  port: number;
  /** What was reported as a fault. */
  faults: unknown[];
  close(): Promise<void>;
}

export async function startServed(
  answer: (request: Request, parts: RequestContext) => Promise<Response | null>,
  limits: Partial<HttpLimits> = {},
): Promise<Served> {
  const faults: unknown[] = [];
  const quiet = () => undefined;
  const noWebhooks = async () => ({ status: 200, code: null, reason: null });
  const backend: Backend = {
    publicUrl: new URL('https://tinyfat.example'),
    checks: {},
    warnings: {},
    metrics: { contentType: 'text/plain', render: async () => '' },
    metricsToken: null,
    webhooks: { takeResend: noWebhooks, takePostmark: noWebhooks },
    accounts: nobody,
    mailDomain: 'tinyfat.example',
    openDecision: async () => ({ ok: false, why: 'unknown' }),
    askFor: () => async () => {
      throw new Error('no page asks here');
    },
    api: async () => new Response(null, { status: 404 }),
    reportFault: (error) => String(faults.push(error)),
  };
  const all = { ...HTTP_LIMITS, ...limits };
  const server = createServer({
    headersTimeout: all.headMs,
    requestTimeout: all.requestMs,
    connectionsCheckingInterval: 20,
    requireHostHeader: false,
  });
  serveRequests(server, {
    limits: all,
    trustedProxies: ['127.0.0.9'],
    backend,
    logger: { debug: quiet, info: quiet, warn: quiet, error: (event) => void faults.push(event) },
    answer,
  });
  server.listen(0);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
