import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FaultBarrier, faultBarrier } from '@tinyfat/core';
import type { GatewayLimits } from '../limits.ts';
import { STREAM_BYTES } from './message-body.ts';

/** What answers the requests of one run. `guard` goes around every callback of the request. */
interface RunRoutes {
  /** A target in origin form, such as `/anthropic/v1/messages`. */
  serveOrigin(request: IncomingMessage, response: ServerResponse, guard: FaultBarrier): Promise<void>;
  /** A target in absolute form, such as `http://example.com/`. */
  serveAbsolute(request: IncomingMessage, response: ServerResponse, guard: FaultBarrier): Promise<void>;
  serveConnect(request: IncomingMessage, socket: Duplex, head: Buffer, guard: FaultBarrier): Promise<void>;
  /** Gets each fault that a barrier caught. */
  onFault(fault: unknown): void;
}

/** A server of one run, not yet listening. */
interface RunServer {
  server: Server;
  /** Destroys every connection, tunnels included. */
  cutAll(): void;
}

/**
 * An HTTP server for one untrusted client: strict parser, bounded headers, connections and requests. Its idle
 * connections stay open, since a run ends soon and a client that reuses one just being closed would see an error.
 * A fault ends the connection that it came up on, and nothing else.
 */
export function createRunServer(limits: GatewayLimits, routes: RunRoutes): RunServer {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: 32 * 1024,
    highWaterMark: STREAM_BYTES,
    headersTimeout: 30_000,
    // The run's own deadline ends a slow upload.
    requestTimeout: 0,
    keepAliveTimeout: 600_000,
  });
  server.maxConnections = limits.connections;

  const barrierOf = (socket: Duplex): FaultBarrier =>
    faultBarrier((fault) => {
      socket.destroy();
      routes.onFault(fault);
    });
  const guard = faultBarrier(routes.onFault);

  const usedUp = (socket: Duplex): boolean => {
    requests += 1;
    if (requests <= limits.requests) return false;
    socket.destroy();
    return true;
  };

  // A connection that can not be accepted, as for want of descriptors, is lost; the server goes on.
  server.on('error', guard(routes.onFault));
  server.on(
    'connection',
    guard((socket: Socket) => {
      if (requests >= limits.requests) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }),
  );
  server.on(
    'request',
    guard((request: IncomingMessage, response: ServerResponse) => {
      // A cut connection is an everyday event on both streams; without a listener it would end the process.
      request.on('error', () => {});
      response.on('error', () => {});
      if (usedUp(request.socket)) return;
      const own = barrierOf(request.socket);
      const inOriginForm = request.url?.startsWith('/') === true;
      own(inOriginForm ? routes.serveOrigin : routes.serveAbsolute)(request, response, own);
    }),
  );
  server.on(
    'connect',
    guard((request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {});
      if (usedUp(socket)) return;
      const own = barrierOf(socket);
      own(routes.serveConnect)(request, socket, head, own);
    }),
  );
  server.on(
    'clientError',
    guard((_error: Error, socket: Duplex) => socket.destroy()),
  );

  return {
    server,
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
