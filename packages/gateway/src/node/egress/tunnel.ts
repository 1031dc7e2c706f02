import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaultBarrier } from '@tinyfat/core';
import { type EgressRefusal, refusal } from '../../egress/refusal.ts';
import { parseAuthority, refusedTarget } from '../../egress/target.ts';
import { type EgressDeps, openConnection } from './open-connection.ts';

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
  deps: EgressDeps,
  guard: FaultBarrier,
): Promise<void> {
  const asked = request.url ?? '';
  const target = parseAuthority(asked, null);
  if (!target.ok) return refuse(refusal('bad_target', target.reason));

  const hungUp = new AbortController();
  const onClose = (): void => hungUp.abort();
  inside.once('close', onClose);
  const opened = await openConnection(target, deps, hungUp.signal);
  inside.off('close', onClose);
  if (!opened.ok) return refuse(opened);
  if (inside.destroyed) {
    opened.socket.destroy();
    return;
  }
  deps.emit({ kind: 'egress', host: target.host, port: target.port });
  inside.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  if (head.length > 0) inside.unshift(head);
  join(inside, opened.socket, deps, guard);

  /** The reason stands in the status line as well: most clients show no body of a refused CONNECT. */
  function refuse({ status, code, reason }: EgressRefusal): void {
    deps.emit({ kind: 'refused', ...refusedTarget(asked, target), code, reason });
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
function join(inside: Duplex, outside: Socket, deps: EgressDeps, guard: FaultBarrier): void {
  outside.setTimeout(deps.limits.egressIdleMs, () => outside.destroy());
  deps.budget.watch(outside, inside);
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
