/** What stands in `sent/` and `failed/` after a delivery: the agent's own file with the result added. */

/** Longest original that is kept when it is not JSON, characters. */
const MAX_RAW_LENGTH = 100_000;

/** How a mail left. Times as epoch ms. */
export interface SentResult {
  sentAt: number;
  provider: string;
  providerId: string | null;
  /** With angle brackets. */
  messageId: string;
}

/** Why a mail did not leave; `error` is a sentence with the next step. */
export interface FailedResult {
  failedAt: number;
  error: string;
  /** Id of the delivery, by which the owner retries or approves it. */
  delivery: string;
}

/** JSON for `sent/`: everything the agent wrote, with the result over it. */
export function sentRecord(original: string, result: SentResult): string {
  return record(original, {
    status: 'sent',
    sent_at: new Date(result.sentAt).toISOString(),
    provider: result.provider,
    provider_id: result.providerId,
    message_id: result.messageId,
  });
}

/** JSON for `failed/`. What was not a JSON object is kept as text in `original`; null where it could not be read. */
export function failedRecord(original: string | null, result: FailedResult): string {
  return record(original, {
    status: 'failed',
    error: result.error,
    failed_at: new Date(result.failedAt).toISOString(),
    delivery: result.delivery,
  });
}

/** The mail of a `failed/` record as the agent wrote it, when it is the one of this delivery; else null. */
export function failedOriginal(recorded: string, delivery: string): string | null {
  const parsed = parseOriginal(recorded);
  if (!('delivery' in parsed) || parsed.delivery !== delivery) return null;
  return without(parsed, ['status', 'error', 'failed_at', 'delivery']);
}

/** The mail of a `sent/` record as the agent wrote it, when it is the one with this Message-ID; else null. */
export function sentOriginal(recorded: string, messageId: string): string | null {
  const parsed = parseOriginal(recorded);
  if (!('message_id' in parsed) || parsed.message_id !== messageId) return null;
  return without(parsed, ['status', 'sent_at', 'provider', 'provider_id', 'message_id']);
}

function without(parsed: object, keys: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(Object.entries(parsed).filter(([key]) => !keys.includes(key))));
}

/** One key a line; deeper levels are not indented, because nesting that an agent wrote would grow with its square. */
function record(original: string | null, result: Record<string, string | null>): string {
  const all = Object.entries({ ...parseOriginal(original), ...result });
  const lines = all.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function parseOriginal(original: string | null): object {
  if (original === null) return { original: null };
  try {
    const json: unknown = JSON.parse(original.replace(/^\ufeff/, ''));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  } catch {}
  return { original: original.slice(0, MAX_RAW_LENGTH).toWellFormed() };
}
