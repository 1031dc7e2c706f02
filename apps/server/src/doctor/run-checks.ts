/** Runs checks side by side, each within its time. */
import { broken, type Check, type Finding, wordsOf } from './finding.ts';

export interface RunOptions {
  /** Ms for each check. */
  withinMs: number;
  /** Called with the findings of a check as soon as it ends. */
  onEnd?(findings: readonly Finding[]): void;
}

/**
 * The findings of all checks, in the order of the checks. Never rejects: what a check throws, and that it did not end in
 * time, are findings too.
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

/** Much of what is found comes from others: records in DNS, answers of servers, rows. */
const MOST_FOUND = 500;

function bounded(finding: Finding): Finding {
  const { found } = finding;
  return found.length <= MOST_FOUND ? finding : { ...finding, found: `${found.slice(0, MOST_FOUND)} …` };
}

async function runOne({ name, look }: Check, withinMs: number): Promise<Finding[]> {
  const controller = new AbortController();
  const late = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => {
    late.resolve(
      broken(
        name,
        `no answer within ${Math.ceil(withinMs / 1000)} s`,
        'Try again: the machine may be busy, or the network slow.',
      ),
    );
    controller.abort();
  }, withinMs);
  try {
    // A check that throws before it waits is one that rejects.
    const looked = (async () => look(controller.signal))();
    const found = await Promise.race([looked, late.promise]);
    return (Array.isArray(found) ? found : [found]).map(bounded);
  } catch (error) {
    return [broken(name, `could not be looked at: ${wordsOf(error)}`, 'This is a fault of ours: report it.')];
  } finally {
    clearTimeout(timer);
  }
}
