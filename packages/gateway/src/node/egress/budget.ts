import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** What the proxied connections of one run may still take. */
export interface EgressBudget {
  /** Takes a place for one connection; false when all are taken or no bytes are left. */
  take(): boolean;
  /** Gives a place back. */
  release(): void;
  /**
   * Counts what comes from this socket and what `upload` sends to it, and cuts it when nothing is left. To be
   * called in the same tick as both get their other reader, for this sets them flowing.
   */
  watch(socket: Socket, upload: Readable): void;
}

/** When the bytes are used up, every watched connection is cut: otherwise many could each take the last ones. */
export function createEgressBudget(connections: number, bytes: number): EgressBudget {
  const sockets = new Set<Socket>();
  let open = 0;
  let left = bytes;

  function spend(chunk: Uint8Array): void {
    left -= chunk.length;
    if (left <= 0) for (const socket of sockets) socket.destroy();
  }

  return {
    take() {
      if (open >= connections || left <= 0) return false;
      open += 1;
      return true;
    },
    release() {
      open -= 1;
    },
    watch(socket, upload) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('data', spend);
      upload.on('data', spend);
    },
  };
}
