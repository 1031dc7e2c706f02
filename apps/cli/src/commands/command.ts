/** What a command is, and the two things that all of them do: read their words, print a listing. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Config } from '../config.ts';

/** Gets the words after its name; gives the exit code. */
export type Command = (words: string[], config: Config) => Promise<number>;

/** The words were wrong: exit code 2, with a sentence that says what to write. */
export class UsageError extends Error {}

/** Reads options and positional words; an unknown or malformed one is a usage error. */
export function readWords<Options extends NonNullable<ParseArgsConfig['options']>>(
  words: string[],
  options: Options,
) {
  try {
    return parseArgs({ args: words, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Prints rows as JSON, or as a table with one line a row; long cells are cut, control characters never printed. */
export function printRows(
  rows: readonly Record<string, string | number | null>[],
  json: boolean,
  empty: string,
): void {
  if (json) {
    printJson(rows);
    return;
  }
  const [first] = rows;
  if (!first) {
    console.log(empty);
    return;
  }
  const names = Object.keys(first);
  const table = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const line of table) {
    console.log(
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Prints JSON; what could steer a terminal is escaped in it. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  console.log(
    text.replace(
      /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}

function cell(value: string | number | null | undefined): string {
  return printable(String(value ?? '-')).slice(0, 90);
}

/** Untrusted text for a terminal: no control or bidirectional characters. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

/** A time (epoch ms, or ISO 8601) for people: `2026-11-22 18:30:01`, UTC. */
export function time(at: number | string | null): string {
  return at === null ? '-' : new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** How many rows `--limit` asks for. */
export function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError('--limit: write a whole number from 1 on');
}
