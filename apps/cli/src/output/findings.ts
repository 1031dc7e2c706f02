/** Findings as lines that fit a terminal. */

import type { Finding, State } from '@tinyfat/server/doctor/finding';
import { columnsOf, printable, wrap } from './text.ts';

const STATE = 'broken'.length;
const CHECK = 'mx certificate'.length;
const GAP = 2;
/** Column of what was found; longer texts continue below it. */
const FOUND_AT = STATE + GAP + CHECK + GAP;
/** Column of what mends it. */
const MEND_AT = STATE + GAP;
/** Narrower terminals get lines of this width. */
const LEAST = 40;

/** One finding: state, check and what was found; below it what mends it, and the line to run. */
export function findingLines(finding: Finding, width: number): string[] {
  const columns = Math.max(LEAST, width);
  const below = (lines: readonly string[], at: number) => lines.map((line) => ' '.repeat(at) + line);
  const { state, check, found, mend, run } = finding;
  const [first = '', ...more] = wrap(printable(found), columns - FOUND_AT);
  return [
    `${state.padEnd(STATE + GAP)}${check.padEnd(CHECK + GAP)}${first}`.trimEnd(),
    ...below(more, FOUND_AT),
    ...below(mend === null ? [] : wrap(printable(mend), columns - MEND_AT), MEND_AT),
    ...below(run === null ? [] : shellLines(printable(run), columns - MEND_AT - GAP), MEND_AT + GAP),
  ];
}

const ORDER: readonly State[] = ['broken', 'note', 'ok'];

/** What is broken first, then the notes; within each as they came. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return ORDER.flatMap((state) => findings.filter((finding) => finding.state === state));
}

/** The last line, such as `2 broken (relay, mx), 1 note`. */
export function closingLine(findings: readonly Finding[]): string {
  const of = (state: State) => findings.filter((finding) => finding.state === state);
  const [bad, notes] = [of('broken'), of('note')];
  if (bad.length + notes.length === 0) return `All ${findings.length} checks are ok.`;
  const names = [...new Set(bad.map(({ check }) => check))].join(', ');
  const counted = [
    ...(bad.length > 0 ? [`${bad.length} broken (${names})`] : ['nothing broken']),
    ...(notes.length > 0 ? [`${notes.length} ${notes.length === 1 ? 'note' : 'notes'}`] : []),
  ];
  return counted.join(', ');
}

/** A line for a shell, broken between its words so that it can be copied as it stands. */
function shellLines(run: string, columns: number): string[] {
  const words = run.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > columns - 2) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}
