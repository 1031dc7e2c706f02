/**
 * Records in `sent/` and `failed/`: the result of a delivery, then everything that the agent wrote. The result comes first,
 * one key a line, so that the beginning of a record names its mail, however long the mail is.
 */
import { parseJsonObject } from '../text/json.ts';

/** Longest text that stands in a record because it was no JSON object of bounded size, characters. */
export const MAX_RAW_LENGTH = 100_000;

/** How a mail left, or why it did not. Times as epoch ms. */
export type MailResult =
  /** `messageId` with angle brackets. */
  | { state: 'sent'; sentAt: number; provider: string; providerId: string | null; messageId: string }
  /** `error`: a sentence with the next step; `delivery`: the id by which the owner retries or approves it. */
  | { state: 'failed'; failedAt: number; error: string; delivery: string };

/** What a file holds: a mail as the agent wrote it, or the record of a mail. */
export type MailMark =
  | { kind: 'mail' }
  | { kind: 'sent'; messageId: string }
  | { kind: 'failed'; delivery: string };

/** A file with what it should hold. */
export interface MailSource {
  mark: MailMark;
  raw: Uint8Array;
}

/** JSON for `sent/` or `failed/`; `whole` is false where what the source holds is not all in it. */
export interface OutboxRecord {
  text: string;
  whole: boolean;
}

/** Keys of a result, in the order in which they are written; the first two make the head. */
const KEYS = {
  sent: ['status', 'message_id', 'sent_at', 'provider', 'provider_id'],
  failed: ['status', 'delivery', 'error', 'failed_at'],
} as const;

/**
 * Makes the record of a mail. Without a source, or with one that does not hold what it should, `fallback` (the keys
 * that the delivery itself gives) stands for what the agent wrote. Never throws.
 */
export function outboxRecord(
  source: MailSource | null,
  result: MailResult,
  fallback: Record<string, unknown>,
): OutboxRecord {
  const original = source === null ? null : originalOf(source);
  if (original !== null) return { text: written(result, original), whole: true };
  if (source?.mark.kind !== 'mail') return { text: written(result, fallback), whole: source === null };
  const text = new TextDecoder().decode(source.raw);
  const whole = text.length <= MAX_RAW_LENGTH;
  const beginning = text.slice(0, MAX_RAW_LENGTH).toWellFormed();
  return { text: written(result, { ...fallback, original: beginning }), whole };
}

/** How the record of a mail begins: no more of it has to be read to know whose it is. */
export function recordHead(mark: Exclude<MailMark, { kind: 'mail' }>): string {
  return mark.kind === 'failed'
    ? `{\n  "status": "failed",\n  "delivery": ${JSON.stringify(mark.delivery)},\n`
    : `{\n  "status": "sent",\n  "message_id": ${JSON.stringify(mark.messageId)},\n`;
}

/** Whether a file holds what the mark says; false for what is no JSON object within bounds. */
export function holds(source: MailSource): boolean {
  return originalOf(source) !== null;
}

/** What the agent wrote; null where the file is none of this mail's, or no JSON object within bounds. */
function originalOf({ mark, raw }: MailSource): Record<string, unknown> | null {
  const parsed = parseJsonObject(new TextDecoder().decode(raw));
  if (!parsed.ok) return null;
  const { value } = parsed;
  if (mark.kind === 'mail') return value;
  const isOurs =
    mark.kind === 'sent' ? value.message_id === mark.messageId : value.delivery === mark.delivery;
  return isOurs ? without(value, KEYS[mark.kind]) : null;
}

function written(result: MailResult, original: Record<string, unknown>): string {
  const values = resultValues(result);
  const own = Object.entries(without(original, KEYS[result.state]));
  const all = [...KEYS[result.state].map((key) => [key, values[key]] as const), ...own];
  const lines = all.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function resultValues(result: MailResult): Record<string, string | null> {
  if (result.state === 'failed') {
    const failed_at = new Date(result.failedAt).toISOString();
    return { status: 'failed', delivery: result.delivery, error: result.error, failed_at };
  }
  return {
    status: 'sent',
    message_id: result.messageId,
    sent_at: new Date(result.sentAt).toISOString(),
    provider: result.provider,
    provider_id: result.providerId,
  };
}

function without(value: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
