/**
 * Limits connections, of all and of one peer's network. Above the limits requests are refused; above twice the limits
 * connections are closed at once, since answers cost too.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

interface ConnectionLimits {
  ofAll: number;
  /** Of one network; those of trusted proxies, which speak for many, have the limit of all. */
  ofPeer: number;
}

/** Why a connection is one too many. */
export type Surplus = 'of_all' | 'of_peer';

/** Counts the connections of a server; gives a function that says whether a connection is one too many, and why. */
export function limitConnections(
  server: Server,
  { ofAll, ofPeer }: ConnectionLimits,
  networkOf: (address: string) => string,
  isProxy: (address: string) => boolean,
): (socket: Socket) => Surplus | null {
  const counts = new Map<string, number>();
  const surplus = new WeakMap<Socket, Surplus>();
  let all = 0;
  server.on('connection', (socket) => {
    const peer = socket.remoteAddress ?? '';
    const network = networkOf(peer);
    const most = isProxy(peer) ? ofAll : ofPeer;
    const mine = (counts.get(network) ?? 0) + 1;
    counts.set(network, mine);
    all++;
    socket.once('close', () => {
      all--;
      const left = (counts.get(network) ?? 1) - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    });
    if (mine > 2 * most || all > 2 * ofAll) socket.destroy();
    else if (mine > most) surplus.set(socket, 'of_peer');
    else if (all > ofAll) surplus.set(socket, 'of_all');
  });
  return (socket) => surplus.get(socket) ?? null;
}
