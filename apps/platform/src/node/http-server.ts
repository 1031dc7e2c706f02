/** The HTTP server: limits, the client's address, then the built Astro app. */
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Logger } from '@tinyfat/core';
import * as v from 'valibot';
import type { Backend, RequestContext } from '../contract.ts';
import { liveAnswer, metricsAnswer, type Operations, readyAnswer } from '../operations/answers.ts';
import { type HttpLimits, type ServeBackend, serveRequests } from './serve-requests.ts';
import { staticFiles } from './static-files.ts';

const MEGABYTE = 1024 * 1024;

/** Limits of the server and of `bench/slow-readers.ts`. */
export const HTTP_LIMITS: HttpLimits = {
  heldBytes: 128 * MEGABYTE,
  heldBytesOfClient: 80 * MEGABYTE,
  connections: 1000,
  connectionsOfPeer: 400,
  requestsOfClient: 400,
  headMs: 15_000,
  // A webhook of tens of megabytes may come slowly.
  requestMs: 120_000,
  stallMs: 30_000,
};

/** Address and headers of a request together; Node's own default, named since documents name it. */
const MAX_HEAD_BYTES = 16 * 1024;

interface HttpServerDeps {
  host: string;
  port: number;
  /** The folder that `npm run build` made of this app. */
  builtFolder: string;
  /** CIDR networks of proxies whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  backend: Backend;
  logger: Logger;
  limits?: HttpLimits;
}

export interface HttpServer {
  /** Port that is listened on. */
  port: number;
  /** Takes no new requests, lets those that run end within the time, then cuts. */
  close(drainMs: number): Promise<void>;
}

type Render = (request: Request, locals: RequestContext) => Promise<Response | null>;

/** What `adapter/render.ts` exports. */
const pages = v.object({
  render: v.custom<Render>((value) => typeof value === 'function'),
  logTo: v.custom<(logger: Logger) => void>((value) => typeof value === 'function'),
});

/** The built pages can not be loaded; the cause says why. */
export class PagesUnusable extends Error {
  override name = 'PagesUnusable';
}

async function loadPages(entry: string): Promise<v.InferOutput<typeof pages>> {
  try {
    return v.parse(pages, await import(pathToFileURL(entry).href));
  } catch (cause) {
    throw new PagesUnusable(`${entry} can not be loaded`, { cause });
  }
}

/** Listens; rejects when the port is taken or the app was not built. */
export async function startHttpServer(options: HttpServerDeps): Promise<HttpServer> {
  const { logger, limits = HTTP_LIMITS } = options;
  // A later build replaces the folder: pages and files must be of one build.
  const builtFolder = await realpath(options.builtFolder);
  const { render, logTo } = await loadPages(join(builtFolder, 'server/entry.mjs'));
  logTo(logger);
  const server = newServer(limits);
  const serveFile = staticFiles(join(builtFolder, 'client'));
  serveRequests(server, {
    ...options,
    limits,
    answer: async (request, parts) => serveFile(request) ?? (await render(request, parts)),
  });
  return await open(server, options);
}

/** A server for health and metrics alone: of a process that has no pages. */
export async function startHealthServer(
  options: Pick<HttpServerDeps, 'host' | 'port' | 'trustedProxies' | 'logger'> & {
    backend: ServeBackend & Operations;
  },
): Promise<HttpServer> {
  const server = newServer(HTTP_LIMITS);
  serveRequests(server, {
    ...options,
    limits: HTTP_LIMITS,
    async answer({ method, url, headers }, { backend, origin }) {
      if (method !== 'GET' && method !== 'HEAD') return null;
      switch (new URL(url).pathname) {
        case '/health/live':
          return liveAnswer();
        case '/health/ready':
          return await readyAnswer(backend);
        case '/metrics':
          return await metricsAnswer(backend, origin, headers);
        default:
          return null;
      }
    },
  });
  return await open(server, options);
}

function newServer({ headMs, requestMs }: HttpLimits): Server {
  return createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(5000, headMs),
    // Looked at by `readHead`: Node's answer would have no headers of ours.
    requireHostHeader: false,
  });
}

async function open(
  server: Server,
  { host, port, backend }: { host: string; port: number; backend: ServeBackend },
): Promise<HttpServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // A connection that can not be accepted, as for want of descriptors, is lost; the server goes on.
  server.on('error', (error) => backend.reportFault(error, 'socket'));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: (drainMs) => closeServer(server, drainMs),
  };
}

async function closeServer(server: Server, drainMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  server.closeIdleConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
}
