/** The programs that `bin/with-postgres` found, for the account that is to run them. */
import { spawn, spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Account } from './account.ts';

export interface Programs {
  initdb: string;
  postgres: string;
  pgbouncer: string;
}

/**
 * Those of the environment. A checkout below root's home can not be read by others: its unpacked programs, which find
 * their libraries wherever they are, are copied below `folder` then.
 */
export async function usablePrograms(
  environment: NodeJS.ProcessEnv,
  account: Account | null,
  folder: string,
): Promise<Programs> {
  const { POSTGRES_BIN, PGBOUNCER_PATH } = environment;
  if (!POSTGRES_BIN || !PGBOUNCER_PATH)
    throw new Error('No Postgres for the tests. Run them by `npm test`, or: sh bin/with-postgres COMMAND');
  let bin = POSTGRES_BIN;
  let pgbouncer = PGBOUNCER_PATH;
  if (!isReachable(join(bin, 'postgres'), account)) {
    const unpacked = dirname(POSTGRES_BIN);
    const copy = join(folder, basename(unpacked));
    await cp(unpacked, copy, { recursive: true, verbatimSymlinks: true });
    bin = join(copy, relative(unpacked, POSTGRES_BIN));
    const inside = relative(unpacked, PGBOUNCER_PATH);
    if (!inside.startsWith('..')) pgbouncer = join(copy, inside);
  }
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), pgbouncer };
}

function isReachable(program: string, account: Account | null): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/' }).error === undefined;
}

export interface Running {
  /** Asks it to end, and resolves when it has. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

const ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
/** Of what a program wrote, for the error that says why it ended: characters. */
const KEPT = 4000;

/** Runs a program to its end; rejects with what it wrote when that is not 0. */
export async function runProgram(program: string, words: string[], account: Account | null): Promise<void> {
  const child = start(program, words, account);
  const code = await child.ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${child.written()}`);
}

/** Starts a server, and resolves once it has written `ready`; rejects with what it wrote when it ends before. */
export async function startProgram(
  program: string,
  words: string[],
  account: Account | null,
  ready: string,
): Promise<Running> {
  const child = start(program, words, account);
  const isReady = new Promise<'ready'>((resolve) => {
    child.onOutput(() => child.written().includes(ready) && resolve('ready'));
  });
  const first = await Promise.race([isReady, child.ended]);
  if (first !== 'ready') throw new Error(`${program} ended with ${first}: ${child.written()}`);
  return {
    async stop(signal) {
      child.kill(signal);
      await child.ended;
    },
  };
}

function start(program: string, words: string[], account: Account | null) {
  const child = spawn(program, words, {
    ...account,
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let written = '';
  let heard = () => {};
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-KEPT);
    heard();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
  return {
    ended,
    written: () => written,
    onOutput(listener: () => void) {
      heard = listener;
    },
    kill: (signal: NodeJS.Signals) => child.kill(signal),
  };
}
