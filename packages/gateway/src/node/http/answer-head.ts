import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBarrier } from '@tinyfat/core';

/** Interim answers (RFC 9110 section 15.2) that one request may get; ordinary servers send one or two. */
const MOST_INTERIM_ANSWERS = 16;

/**
 * Begins `response` with the head of an answer from outside. False, with nothing sent, for a head that nobody may pass
 * on: Node's parser takes status 000 to 099 and header fields that its writer refuses with a throw, and 1xx is no final
 * answer (RFC 9110 section 15).
 */
export function passHead(
  response: ServerResponse,
  status: number | undefined,
  headers: Record<string, string | string[]>,
): boolean {
  if (status === undefined || status < 200) return false;
  try {
    response.writeHead(status, headers);
    response.flushHeaders();
    return true;
  } catch {
    return false;
  }
}

/** Calls `onOdd` with a reason when the other side changes the protocol unasked, or answers only for the time being. */
export function watchInterim(
  outgoing: ClientRequest,
  guard: FaultBarrier,
  onOdd: (reason: string) => void,
): void {
  let interim = 0;
  outgoing.on(
    'information',
    guard(() => {
      interim += 1;
      if (interim > MOST_INTERIM_ANSWERS) onOdd('it sent interim answers without end');
    }),
  );
  outgoing.on(
    'upgrade',
    guard((_answer: IncomingMessage, socket: { destroy(): void }) => {
      socket.destroy();
      onOdd('it changed to another protocol, which was not asked for');
    }),
  );
}
