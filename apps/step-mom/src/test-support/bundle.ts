import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { TurnFolder } from './turn-folder.ts';

/** A program that ended. */
export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** What `bin/build step-mom` made of these sources; `bin/with-node` sees to it that it is of today's. */
const BUILT = fileURLToPath(new URL('../../../../dist/step-mom', import.meta.url));

/** Where Node keeps what it compiled of a bundle, as on a server. */
const cacheOf = (bundle: string) => join(dirname(bundle), 'cache');

/** Copies the bundle for a test file, far from any node_modules, and has it compiled; gives its folder. */
export function useBundle(): () => string {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'step-mom-bundle-'));
    // What Node compiled of it lies beside it, from runs of this checkout.
    const filter = (source: string) => basename(source) !== 'cache';
    const bundle = join(root, 'step-mom');
    cpSync(realpathSync(BUILT), bundle, { recursive: true, filter });
    mkdirSync(cacheOf(bundle));
    const words = [join(bundle, 'main.js'), '--probe', '--cache', cacheOf(bundle)];
    execFileSync(process.execPath, words, { cwd: root, env: {}, stdio: 'ignore' });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => join(root, 'step-mom');
}

/** Starts `main.js` on a turn's folders with an environment of its own; `more` are arguments that go before the usual ones, so they count. */
export function startProgram(bundle: string, folder: TurnFolder, more: string[] = []): ChildProcess {
  const args = [
    join(bundle, 'main.js'),
    ...more,
    ...['--data', folder.data, '--inbox', folder.inbox, '--skills', join(folder.root, 'skills')],
    ...['--socket', join(folder.root, 'gateway.sock'), '--port', '0'],
    ...['--cache', cacheOf(bundle)],
  ];
  return spawn(process.execPath, args, {
    cwd: folder.data,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder.data, TINYFAT_RUN_TOKEN: 'token-of-the-run' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits for the end of a program. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const [output, errors, [code, signal]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, 'close'),
  ]);
  return { code, signal, stdout: output, stderr: errors };
}
