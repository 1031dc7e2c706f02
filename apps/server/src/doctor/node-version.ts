/** Is Node new enough? */
import { broken, type Check, ok } from './finding.ts';

/** `version` is Node's own, such as `24.18.0`. */
export function nodeCheck(version: string): Check {
  return {
    name: 'node',
    look() {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major > 22 || (major === 22 && minor >= 19)) return ok('node', `v${version}`);
      return broken(
        'node',
        `v${version}, and 22.19 is needed`,
        'Use bin/tinyfat, which fetches a newer Node from npm.',
      );
    },
  };
}
