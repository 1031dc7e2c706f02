/** Is Node new enough, and the checkout set up: packages, the bundle for sandboxes, the pages and the program, all of this version? */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { shellWord } from '@tinyfat/core';
import { broken, type Check, ok, wordsOf } from './finding.ts';

/** What `bin/with-node --missing` prints, in words. bubblewrap and Node have checks of their own. */
const PARTS: Readonly<Record<string, string>> = {
  packages: 'the packages of the lock file',
  bundle: "the sandbox's program",
  pages: 'the pages',
  program: 'the program',
};

/** `version` is Node's own, such as `24.18.0`. */
export function nodeCheck(version: string): Check {
  return {
    name: 'node',
    look() {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major > 22 || (major === 22 && minor >= 19)) return ok(`v${version}`);
      return broken(
        `v${version}, and 22.19 is needed`,
        'Use bin/tinyfat, which fetches a newer Node from npm.',
      );
    },
  };
}

/** `root` is the checkout, with a slash at its end or without. */
export function buildCheck(root: string): Check {
  return {
    name: 'build',
    async look(signal) {
      const missing = await missingParts(root, signal);
      if (!missing.ok) return broken(`could not be looked at: ${missing.why}`, 'Look at bin/with-node.');
      const parts = missing.names.flatMap((name) => PARTS[name] ?? []);
      if (parts.length === 0) return ok('of this version');
      return broken(
        `not of this version, or missing: ${parts.join(', ')}`,
        'As the user that the checkout belongs to, with the server stopped:',
        shellWord(`${root.replace(/\/$/, '')}/bin/tinyfat`).concat(' help'),
      );
    },
  };
}

async function missingParts(
  root: string,
  signal: AbortSignal,
): Promise<{ ok: true; names: string[] } | { ok: false; why: string }> {
  try {
    const child = spawn('sh', [`${root}/bin/with-node`, '--missing'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) return { ok: false, why: complained.trim() || `exit code ${code}` };
    return { ok: true, names: said.split('\n').filter(Boolean) };
  } catch (error) {
    return { ok: false, why: wordsOf(error) };
  }
}
