/** Runs checks side by side, each within its time. */
import { broken, type Check, type Finding, findingsOf, wordsOf } from './finding.ts';

interface RunOptions {
  /** Ms for each check. */
  withinMs: number;
  /** Called with the findings of a check as soon as it ends. */
  onEnd?(findings: readonly Finding[]): void;
}

/**
 * The findings of all checks, in the order of the checks. Never rejects: an error and a timeout of a check are findings
 * too.
 */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<Finding[]> {
  const all = await Promise.all(
    checks.map(async (check) => {
      const findings = await runOne(check, options.withinMs);
      options.onEnd?.(findings);
      return findings;
    }),
  );
  return all.flat();
}

/** Characters; findings quote DNS records and answers of servers. */
const MOST_FOUND = 500;

function bounded(finding: Finding): Finding {
  const { found } = finding;
  return found.length <= MOST_FOUND ? finding : { ...finding, found: `${found.slice(0, MOST_FOUND)} …` };
}

async function runOne(check: Check, withinMs: number): Promise<Finding[]> {
  const { name } = check;
  const controller = new AbortController();
  const late = Promise.withResolvers<Finding[]>();
  const timer = setTimeout(() => {
    const found = `no answer within ${Math.ceil(withinMs / 1000)} s`;
    const mend = 'Try again: the machine may be busy, or the network slow.';
    late.resolve([{ check: name, ...broken(found, mend) }]);
    controller.abort();
  }, withinMs);
  try {
    const findings = await Promise.race([findingsOf(check, controller.signal), late.promise]);
    return findings.map(bounded);
  } catch (error) {
    const found = `could not be looked at: ${wordsOf(error)}`;
    return [{ check: name, ...broken(found, 'This is a fault of ours: report it.') }];
  } finally {
    clearTimeout(timer);
  }
}
