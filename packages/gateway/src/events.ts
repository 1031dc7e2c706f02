import { printableAscii } from '@tinyfat/core';
import type { RefusedConnection } from './egress/refused-list.ts';

/** What a run did or was refused, for the log; never holds a key or a body. */
export type GatewayEvent =
  | { kind: 'llm'; path: string; status: number; milliseconds: number }
  | { kind: 'egress'; host: string; port: number }
  /** A connection that the proxy refused. */
  | ({ kind: 'refused' } & RefusedConnection)
  /** A request to the model's route that was refused. */
  | { kind: 'llm_refused'; target: string; reason: string }
  /** Further events are not reported. */
  | { kind: 'left_out' }
  /** A fault of ours that a barrier caught; it ended one connection of the run. `error` is its stack. */
  | { kind: 'fault'; error: string };

/** Of a text that the sandbox chose, characters. */
const MAX_TARGET_LENGTH = 200;
/** Faults are few or all the same; they have a limit of their own, which other events don't use up. */
const MAX_FAULTS = 20;

/**
 * Hands events on, at most `limit` of them: what a sandbox does a million times must not fill the log. Text that
 * the sandbox chose is cut and stripped of everything but printable ASCII.
 */
export function limitedEvents(
  limit: number,
  onEvent: ((event: GatewayEvent) => void) | undefined,
): (event: GatewayEvent) => void {
  let sent = 0;
  let faults = 0;
  return (event) => {
    if (event.kind === 'fault') {
      faults += 1;
      if (faults <= MAX_FAULTS) onEvent?.(event);
      return;
    }
    if (onEvent === undefined || sent >= limit) return;
    sent += 1;
    onEvent(
      event.kind === 'llm_refused'
        ? { ...event, target: printableAscii(event.target, MAX_TARGET_LENGTH) }
        : event,
    );
    if (sent === limit) onEvent({ kind: 'left_out' });
  };
}
