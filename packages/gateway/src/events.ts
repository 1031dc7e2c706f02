import type { GatewayEvent } from './contract.ts';

/**
 * Hands events on, at most `limit` of them: what a sandbox does a million times must not fill the log. Text that
 * the sandbox chose is cut and stripped of everything but printable ASCII.
 */
export function limitedEvents(
  limit: number,
  onEvent: ((event: GatewayEvent) => void) | undefined,
): (event: GatewayEvent) => void {
  let sent = 0;
  return (event) => {
    if (onEvent === undefined || sent >= limit) return;
    sent += 1;
    onEvent(event.kind === 'refused' ? { ...event, target: printable(event.target) } : event);
    if (sent === limit) onEvent({ kind: 'refused', target: '', reason: 'further events are left out' });
  };
}

function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}
