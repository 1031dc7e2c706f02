/** The HTTP side of the one process: limits of connections, whose request it is, then the built Astro app. */
import { realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { networkList } from '@tinyfat/mail/network';
import * as v from 'valibot';
import type { Backend, RequestParts } from '../backend/contract.ts';
import { withSecurityHeaders } from '../http/security-headers.ts';
import { requestOrigin } from './client-address.ts';
import { guardedListener } from './guarded-listener.ts';
import { staticFiles } from './static-files.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  /** The folder that `npm run build` made of this app. */
  builtFolder: string;
  /** CIDR networks of proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  backend: Backend;
}

export interface HttpServer {
  /** Port that is listened on. */
  port: number;
  /** Takes no new requests, lets those that run end within the time, then cuts. */
  close(drainMs: number): Promise<void>;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
  locals: RequestParts,
) => Promise<void>;

const entry = v.object({ handler: v.custom<Handler>((value) => typeof value === 'function') });

/** Listens; rejects when the port is taken or the app was not built. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { backend } = options;
  // A later build takes the place of this one: the pages and their files stay those of one build.
  const builtFolder = await realpath(options.builtFolder);
  const { handler } = v.parse(entry, await import(pathToFileURL(join(builtFolder, 'server/entry.mjs')).href));
  const serveFile = staticFiles(join(builtFolder, 'client'));
  const isProxy = networkList([...options.trustedProxies]);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (serveFile(request, response)) return;
    const origin = requestOrigin(request.socket.remoteAddress ?? '', request.headers, isProxy);
    await handler(request, response, () => answerNothing(response, backend), { backend, origin });
  };
  const server = createServer(guardedListener(answer, backend));
  server.headersTimeout = 15_000;
  // A webhook of tens of megabytes may come slowly.
  server.requestTimeout = 120_000;
  server.maxRequestsPerSocket = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // A connection that can not be accepted, as for want of descriptors, is lost; the server goes on.
  server.on('error', (error) => backend.reportFault(error, 'socket'));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: (drainMs) => closeServer(server, drainMs),
  };
}

/** For what the app has no route for, such as a POST to one of its files: it answers those without its middleware. */
function answerNothing(response: ServerResponse, { publicUrl }: Backend): void {
  const { status, headers } = withSecurityHeaders(new Response(null, { status: 404 }), publicUrl);
  response.writeHead(status, Object.fromEntries(headers));
  response.end();
}

async function closeServer(server: Server, drainMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  server.closeIdleConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
}
