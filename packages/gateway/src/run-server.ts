import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GatewayLimits } from './limits.ts';

/** What answers the requests of one run. */
export interface RunRoutes {
  /** A target in origin form, such as `/anthropic/v1/messages`. */
  serveOrigin(request: IncomingMessage, response: ServerResponse): void;
  /** A target in absolute form, such as `http://example.com/`. */
  serveAbsolute(request: IncomingMessage, response: ServerResponse): Promise<void>;
  serveConnect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

/** A server of one run, not yet listening. */
export interface RunServer {
  server: Server;
  /** Destroys every connection, tunnels included. */
  cutAll(): void;
}

/**
 * An HTTP server for one untrusted client: strict parser, bounded headers, connections and requests. Its idle
 * connections stay open, since a run ends soon and a client that reuses one just being closed would see an error.
 */
export function createRunServer(limits: GatewayLimits, routes: RunRoutes): RunServer {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: 32 * 1024,
    headersTimeout: 30_000,
    // The run's own deadline ends a slow upload.
    requestTimeout: 0,
    keepAliveTimeout: 600_000,
  });
  server.maxConnections = limits.connections;

  const usedUp = (socket: Duplex): boolean => {
    requests += 1;
    if (requests <= limits.requests) return false;
    socket.destroy();
    return true;
  };

  server.on('connection', (socket) => {
    if (requests >= limits.requests) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    if (usedUp(request.socket)) return;
    // A cut connection is an everyday event on both streams; without a listener it would end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    const inOriginForm = request.url?.startsWith('/') === true;
    if (inOriginForm) routes.serveOrigin(request, response);
    else routes.serveAbsolute(request, response).catch(() => request.socket.destroy());
  });
  server.on('connect', (request, socket, head) => {
    if (usedUp(socket)) return;
    routes.serveConnect(request, socket, head).catch(() => socket.destroy());
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  return {
    server,
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
