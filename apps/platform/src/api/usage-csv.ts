/** Usage as CSV (RFC 4180). What strangers chose, such as an address, never becomes a formula of a spreadsheet. */
import type { UsageKey, UsageRow } from '@tinyfat/database';

const COLUMNS = [
  'turns',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cost_usd',
] as const;

/** The rows below a line of names. `by` names the first column. */
export function usageCsv(by: UsageKey, rows: readonly UsageRow[]): string {
  const lines = rows.map(({ key, turns, input, output, cacheRead, cacheWrite, cost_usd }) =>
    // No exponent, which not every program reads.
    [csvCell(key), turns, input, output, cacheRead, cacheWrite, cost_usd.toFixed(6)].join(','),
  );
  return `${[[by, ...COLUMNS].join(','), ...lines].join('\r\n')}\r\n`;
}

/** A text as one cell: what a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvCell(text: string): string {
  const plain = /^[\s]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  // A semicolon parts cells where the comma is that of decimals.
  return /[",;\t\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
