/** `tinyfat doctor`: what works, what does not, and the line that mends it. Changes nothing. */

import { localChecks } from '@tinyfat/server/doctor/checks';
import type { Finding } from '@tinyfat/server/doctor/finding';
import { onlineChecks } from '@tinyfat/server/doctor/online/checks';
import { runChecks } from '@tinyfat/server/doctor/run-checks';
import type { Run } from '../command.ts';
import { closingLine, findingLines, worstFirst } from '../output/findings.ts';
import { printJson, terminalColumns } from '../output/text.ts';

/** Ms for one check; a sandbox may take that long on a busy machine. */
const LOCAL_WITHIN_MS = 25_000;
const ONLINE_WITHIN_MS = 10_000;
/** Where nobody looks, lines are as long as on a usual terminal. */
const COLUMNS = 80;

/**
 * Prints a finding a line. On a terminal they come as the checks end, else the broken ones first. Exit code 1 when
 * something is broken.
 */
export const doctor: Run<[], { json: boolean; online: boolean }> = async ({ options }, config) => {
  const live = !options.json && process.stdout.isTTY === true;
  const onEnd = live ? print : () => {};
  const [local, online] = await Promise.all([
    runChecks(localChecks(config), { withinMs: LOCAL_WITHIN_MS, onEnd }),
    runChecks(options.online ? onlineChecks(config) : [], { withinMs: ONLINE_WITHIN_MS, onEnd }),
  ]);
  const findings = [...local, ...online];
  if (options.json) printJson(findings);
  else {
    if (!live) print(worstFirst(findings));
    console.log(`\n${closingLine(findings)}`);
    if (!options.online) console.log('Nobody else was asked; that does: tinyfat doctor --online');
  }
  return findings.some(({ state }) => state === 'broken') ? 1 : 0;
};

function print(findings: readonly Finding[]): void {
  const width = Math.min(terminalColumns() ?? COLUMNS, 120);
  for (const finding of findings) for (const line of findingLines(finding, width)) console.log(line);
}
