/** A wire to a server that can be cut: bytes vanish, and nobody hears of it. */
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

export interface Wire {
  port: number;
  /** From now on nothing goes through those connections that there are. */
  cut(): void;
  /** New connections work. */
  mend(): void;
  stop(): Promise<void>;
}

/** Leads to a port of 127.0.0.1. */
export async function startWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = createConnection(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.on('data', (bytes) => {
        if (!one.isPaused()) other.write(bytes);
      });
    }
    if (isCut) for (const one of [near, far]) one.pause();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listener has no port');
  return {
    port: address.port,
    cut() {
      isCut = true;
      for (const one of sockets) one.pause();
    },
    mend() {
      isCut = false;
    },
    async stop() {
      for (const one of sockets) one.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
