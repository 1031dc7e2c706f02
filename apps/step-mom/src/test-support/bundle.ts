import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import { buildBundle } from '../build/build-bundle.ts';
import type { TurnFolder } from './turn-folder.ts';

/** A program that ended. */
export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Builds the bundle once for a test file, far from any node_modules; gives its folder. */
export function useBundle(): () => string {
  let root = '';
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'step-mom-bundle-'));
    await buildBundle(join(root, 'step-mom'));
  }, 60_000);
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
    ...['--cache', join(folder.root, 'cache')],
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
