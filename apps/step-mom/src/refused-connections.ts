/**
 * What the gateway refused while a command ran. Over HTTPS most clients say no more than that the proxy answered 403;
 * here the agent reads why, and the run's events keep it for the owner.
 */
import type { EventLog } from './event-log.ts';
import { oneLine } from './untrusted-text.ts';

/** Of one command, in its output. The events have all that the gateway reports. */
const mostLines = 10;
/** The gateway is near and answers out of memory. */
const patienceMs = 2_000;

interface RefusedConnection {
  host: string;
  port: number | null;
  code: string;
  reason: string;
}

/**
 * Gives a function that is called after each command: it writes the new refusals down as events and gives the lines that
 * describe them, empty where there are none. Commands may run at the same time; each refusal is described once. Never
 * rejects: where the gateway can't be asked, there are none.
 *
 * @param gatewayUrl - without a slash at its end
 */
export function watchRefusals(gatewayUrl: string, log: EventLog): () => Promise<string> {
  let seen = 0;
  return async () => {
    const answer = await ask(gatewayUrl, seen);
    if (answer === null) return '';
    // Another command may have got some of them in the meantime.
    const refused = answer.refused.slice(Math.max(0, seen - (answer.next - answer.refused.length)));
    seen = Math.max(seen, answer.next);
    for (const { host, port, code, reason } of refused) {
      log.write({ type: 'connection_refused', host, port, code, reason });
    }
    const lines = [...new Set(refused.map(lineOf))];
    const more = lines.length > mostLines ? [`[network: ${lines.length - mostLines} more refused]`] : [];
    return [...lines.slice(0, mostLines), ...more].map((line) => `\n${line}`).join('');
  };
}

function lineOf({ host, port, reason }: RefusedConnection): string {
  const place = port === null ? host : host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return `[network: ${oneLine(place, 260)} refused: ${oneLine(reason, 200)}]`;
}

async function ask(
  gatewayUrl: string,
  after: number,
): Promise<{ refused: RefusedConnection[]; next: number } | null> {
  try {
    const answer = await fetch(`${gatewayUrl}/egress/refused?after=${after}`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const said: unknown = answer.ok ? await answer.json() : null;
    if (typeof said !== 'object' || said === null || !('refused' in said) || !('next' in said)) return null;
    const { refused, next } = said;
    if (!Array.isArray(refused) || typeof next !== 'number') return null;
    return { refused: refused.filter(isRefusal), next };
  } catch {
    return null;
  }
}

function isRefusal(value: unknown): value is RefusedConnection {
  if (typeof value !== 'object' || value === null) return false;
  const { host, port, code, reason }: Partial<Record<keyof RefusedConnection, unknown>> = value;
  const texts = [host, code, reason].every((text) => typeof text === 'string' && text.length <= 300);
  return texts && (port === null || typeof port === 'number');
}
