/**
 * The end of the listener: no new connection, idle ones told 421 (RFC 5321 section 3.8), open messages get
 * their answer while there is time. What was not answered will be sent again by its client.
 */
import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { answers, answerText } from './answers.ts';

interface Drained {
  server: SMTPServer;
  /** Every open socket, also of connections that smtp-server has given up. */
  sockets: Set<Socket>;
  /** Ids of connections between DATA and its answer. */
  busy: ReadonlySet<string>;
  drainMs: number;
}

/** Resolves when the port is free and every socket closed. */
export async function drain({ server, sockets, busy, drainMs }: Drained): Promise<void> {
  const endsAt = performance.now() + drainMs;
  const closed = new Promise<void>((resolve) => server.server.once('close', resolve));
  if (!server.server.listening) return;
  // smtp-server's own clock must not end anything before ours does.
  server.options.closeTimeout = drainMs + 1000;
  server.close();
  for (;;) {
    for (const connection of server.connections) {
      if (busy.has(connection.id)) continue;
      connection.send(answers.shuttingDown.code, answerText(answers.shuttingDown));
    }
    if (busy.size === 0 || performance.now() >= endsAt) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const connection of server.connections) {
    connection.send(answers.shuttingDown.code, answerText(answers.shuttingDown));
  }
  // What was written goes out; a client that does not close its side is not waited for.
  for (const socket of sockets) socket.destroySoon();
  await closed;
}
