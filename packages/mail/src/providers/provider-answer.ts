/** What is common to the answers of providers, and to the errors of libraries: nothing in them is sure. */
import { printableAscii } from '@tinyfat/core';

/** Longest sentence about one answer, and most of a foreign text that is looked at; characters. */
const MAX_REASON_LENGTH = 500;
const MAX_FOREIGN_LENGTH = 10_000;
const DAY_MS = 86_400_000;

/** What a provider said, as one line of printable ASCII for the owner; the key is never in it. */
export function providerReason(statement: string, message: string, key: string): string {
  const whole = message === '' ? `${statement}.` : `${statement}: ${message.slice(0, MAX_FOREIGN_LENGTH)}`;
  const line = whole.replaceAll(key, '[key]').replace(/\s+/g, ' ').trim();
  return printableAscii(line, MAX_REASON_LENGTH);
}

/** A provider's own name for a mail: something that can stand in a log line; null for anything else. */
export function providerIdFrom(text: string): string | null {
  return /^[\w.@:<>+-]{1,200}$/.test(text) ? text : null;
}

/** A Retry-After header (RFC 9110 section 10.2.3), seconds or a date, in ms, at most a day; undefined for none. */
export function retryAfterMs(value: string | null | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, DAY_MS);
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), DAY_MS);
}

/** The text of a field; empty where there is none. */
export function textField(value: unknown, name: string): string {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
}

/** The number of a field; 0 where there is none. */
export function numberField(value: unknown, name: string): number {
  const field = fieldOf(value, name);
  return typeof field === 'number' ? field : 0;
}

/** A field of an object, whatever it holds; undefined where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
