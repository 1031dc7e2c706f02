import { connect, createServer } from 'node:net';

/** A listening forwarder. */
export interface Forwarder {
  /** On 127.0.0.1. */
  port: number;
  /** Stops listening and cuts every connection. */
  close(): void;
}

/**
 * Carries bytes between 127.0.0.1:`port` and the gateway's unix socket. Half-closed connections stay open in
 * the other direction; an error on either side cuts both. Rejects when the port can't be had.
 */
export function startForwarder(socketPath: string, port: number): Promise<Forwarder> {
  const open = new Set<() => void>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const gateway = connect({ path: socketPath, allowHalfOpen: true });
    const cut = () => {
      client.destroy();
      gateway.destroy();
      open.delete(cut);
    };
    open.add(cut);
    client.on('error', cut);
    gateway.on('error', cut);
    client.on('close', () => {
      if (gateway.destroyed) open.delete(cut);
      else if (!client.readableEnded) cut();
    });
    gateway.on('close', () => {
      if (client.destroyed) open.delete(cut);
      else if (!gateway.readableEnded) cut();
    });
    client.pipe(gateway);
    gateway.pipe(client);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the forwarder has no port'));
        return;
      }
      resolve({
        port: address.port,
        close() {
          server.close();
          for (const cut of open) cut();
        },
      });
    });
  });
}
