import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaultBarrier } from '@tinyfat/core';
import { type EgressParts, openConnection } from './open-connection.ts';
import { type EgressRefusal, refusal } from './refusal.ts';
import { refusedTarget } from './refused-target.ts';
import { parseAuthority } from './target.ts';

/** After a refusal the other side has this long to hang up by itself. */
const LINGER_MS = 2_000;

/**
 * Answers CONNECT (RFC 9110 section 9.3.6): a tunnel to the host and port of the request target, and to nothing
 * that Host or another header says.
 */
export async function serveConnect(
  request: IncomingMessage,
  inside: Duplex,
  head: Buffer,
  parts: EgressParts,
  guard: FaultBarrier,
): Promise<void> {
  const asked = request.url ?? '';
  const target = parseAuthority(asked, null);
  if (!target.ok) return refuse(refusal('bad_target', target.reason));

  const hungUp = new AbortController();
  const onClose = (): void => hungUp.abort();
  inside.once('close', onClose);
  const opened = await openConnection(target, parts, hungUp.signal);
  inside.off('close', onClose);
  if (!opened.ok) return refuse(opened);
  if (inside.destroyed) {
    opened.socket.destroy();
    return;
  }
  parts.emit({ kind: 'egress', host: target.host, port: target.port });
  inside.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  if (head.length > 0) inside.unshift(head);
  join(inside, opened.socket, parts, guard);

  /** The reason stands in the status line as well: most clients show no body of a refused CONNECT. */
  function refuse({ status, code, reason }: EgressRefusal): void {
    parts.emit({ kind: 'refused', ...refusedTarget(asked, target), code, reason });
    const text = `tinyfat gateway: ${reason}\n`;
    inside.resume();
    inside.end(
      `HTTP/1.1 ${status} ${reason}\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
    );
    const timer = setTimeout(() => inside.destroy(), LINGER_MS);
    inside.once('close', () => clearTimeout(timer));
  }
}

/** Passes both ways, half-closes included; a break or silence on the outside ends both sides. */
function join(inside: Duplex, outside: Socket, parts: EgressParts, guard: FaultBarrier): void {
  outside.setTimeout(parts.limits.egressIdleMs, () => outside.destroy());
  parts.budget.watch(outside, inside);
  inside.pipe(outside);
  outside.pipe(inside);
  inside.once('error', () => outside.destroy());
  outside.once('error', () => inside.destroy());
  // A side that closes before it has sent its end was cut; one that has is ended by its pipe.
  inside.once('close', () => outside.destroy());
  outside.once(
    'close',
    guard(() => {
      if (!outside.readableEnded) inside.destroy();
    }),
  );
}
