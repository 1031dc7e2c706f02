/** Listings that fit the terminal. */
import { columnsOf, cutTo, printable, printJson, terminalColumns, wrap } from './text.ts';

/** A column. */
export interface Column<Row> {
  head: string;
  /** The text of the cell; null is shown as `-`. */
  cell(row: Row): string | number | null;
  /** It may be cut, to no fewer columns of the terminal than this. */
  least?: number;
}

export interface Listing<Row> {
  columns: readonly Column<Row>[];
  /** A longer text below the row; null or empty for none. */
  note?(row: Row): string | null;
  /** A row for `--json`, with its types; the row itself when absent. */
  json?(row: Row): unknown;
  /** Printed in place of an empty table. */
  empty: string;
}

/** For listings of all agents. */
export const agentColumn: Column<{ agent: string }> = { head: 'agent', cell: ({ agent }) => agent, least: 5 };

const GAP = '  ';
const INDENT = '    ';

/** Prints rows as a table, or all of them as a JSON array. */
export function printTable<Row>(rows: readonly Row[], listing: Listing<NoInfer<Row>>, asJson: boolean): void {
  if (asJson) {
    printJson(rows.map((row) => (listing.json ? listing.json(row) : row)));
    return;
  }
  if (rows.length === 0) {
    console.log(listing.empty);
    return;
  }
  for (const line of tableLines(rows, listing, terminalColumns())) console.log(line);
}

/** The lines of a table for a terminal of so many columns; null = nothing is cut. */
export function tableLines<Row>(
  rows: readonly Row[],
  { columns, note }: Listing<Row>,
  width: number | null,
): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => printable(String(cell(row) ?? '-')) || '-'));
  const widths = fitted(
    columns.map(({ head }, at) => Math.max(head.length, ...cells.map((line) => columnsOf(line[at] ?? '')))),
    columns.map(({ head, least }) => (least === undefined ? null : Math.max(least, head.length))),
    width,
  );
  const lineOf = (texts: readonly string[]) =>
    texts
      .map((text, at) => {
        const cut = cutTo(text, widths[at] ?? 0);
        return cut + ' '.repeat(Math.max(0, (widths[at] ?? 0) - columnsOf(cut)));
      })
      .join(GAP)
      .trimEnd();
  return [
    lineOf(columns.map(({ head }) => head.toUpperCase())),
    ...rows.flatMap((row, at) => [lineOf(cells[at] ?? []), ...noteLines(note?.(row) ?? null, width)]),
  ];
}

function noteLines(text: string | null, width: number | null): string[] {
  if (text === null || text === '') return [];
  const whole = printable(text);
  if (width === null) return [`${INDENT}${whole}`];
  return wrap(whole, Math.max(20, width - INDENT.length)).map((line) => `${INDENT}${line}`);
}

/** Narrows the widest column that may be cut until all fit, or none can be narrowed. */
function fitted(natural: number[], least: (number | null)[], width: number | null): number[] {
  const widths = [...natural];
  if (width === null) return widths;
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  for (let over = total() - width; over > 0; over--) {
    let widest = -1;
    for (const [at, one] of widths.entries()) {
      const end = least[at];
      if (end === null || end === undefined || one <= end) continue;
      if (widest === -1 || one > (widths[widest] ?? 0)) widest = at;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
