/** The real server as its own process, on a data folder and a loopback address of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CliResult, CommandRequest } from './command-runner.ts';
import { copyDatabase } from './database-template.ts';
import { engineFor, onPostgres } from './engine.ts';
import { shareEtc } from './etc-template.ts';
import { type ReceivedMail, readMaildir } from './mail.ts';

/** The command line as it is built, which is what `bin/tinyfat` runs. */
export const MAIN = fileURLToPath(new URL('../../dist/program/bin/main.js', import.meta.url));
let addresses = 0;
/** Servers that run, of the tests of this process. */
const servers = new Set<ChildProcess>();

/** A loopback address that no other test process of this machine uses: its ports are all free. */
export function ownAddress(): string {
  addresses++;
  // 22 bits: the low 16 of the process id, and up to 64 servers of each process.
  const number = (process.pid % 65_536) * 64 + (addresses % 64);
  return `127.${1 + (number >> 15)}.${(number >> 7) & 255}.${1 + (number & 127)}`;
}

const { NODE_COMPILE_CACHE } = process.env;
/** Where Node keeps what it has compiled, as `bin/with-node` sets it for the launcher. */
export const COMPILED = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** Runs a command line as a process of its own, with this environment alone and the launcher's compile cache. */
export async function runCli(
  words: string[],
  environment: Record<string, string>,
  stdin = '',
): Promise<CliResult> {
  const env = { ...COMPILED, ...environment };
  const command = spawn(process.execPath, [MAIN, ...words], { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  command.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  command.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  // A command that is refused at once may end before it read anything.
  command.stdin.on('error', () => {});
  command.stdin.end(stdin);
  const [code] = await once(command, 'close');
  return { code, stdout, stderr };
}

/**
 * Runs a command line in the process that start-command-runner.ts has started, with this environment alone. Not for
 * those that start a server, nor for two at once that write the same database.
 */
export async function runInRunner(
  words: string[],
  environment: Record<string, string>,
  stdin = '',
): Promise<CliResult> {
  const path = process.env.TINYFAT_E2E_COMMAND_RUNNER;
  if (path === undefined) return await runCli(words, environment, stdin);
  const socket = connect(path);
  const request: CommandRequest = { words, environment, stdin };
  socket.end(JSON.stringify(request));
  return (await json(socket)) as CliResult;
}

export interface Tinyfat {
  dataDir: string;
  /** Everything that its commands and processes are given. */
  environment: Readonly<Record<string, string>>;
  host: string;
  smtpPort: number;
  /** Everything that the server printed so far. */
  output(): string;
  /** Runs a command line against the same folder, by the tests' command runner. */
  cli(words: string[], stdin?: string): Promise<CliResult>;
  /** The same with `--json`, parsed; throws when the command fails. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  json(words: string[]): Promise<any>;
  /** Waits until the Maildir holds this many mails; gives them in order of their sending. */
  answers(count: number): Promise<ReceivedMail[]>;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Process id of the server. */
  pid(): number;
  /** Of the server that ended last; null while it runs or when a signal ended it. */
  exitCode(): number | null;
  /** Starts the server again on the same folder. */
  restart(more?: Record<string, string>): Promise<void>;
  /** Stops the server and removes the folder. */
  dispose(): Promise<void>;
}

/** What a server is started with. */
export interface ServerOptions {
  environment?: Record<string, string>;
  /** Name → allowed entries beside the owner `owner@example.com`. */
  agents?: Record<string, string[]>;
  /** The model that they begin with, where it is not the usual one. */
  model?: string;
  /** Fills the data folder before anything opens it. */
  prepare?: (dataDir: string) => void;
}

/** Starts the server with agents; resolves when it is ready. */
export async function startTinyfat(options: ServerOptions): Promise<Tinyfat> {
  const place = await makePlace(options);
  const { dataDir, host, environment, cli, json } = place;
  const server = serverProcess([], environment);
  await server.start();

  return {
    dataDir,
    host,
    environment,
    smtpPort: 2525,
    output: server.output,
    cli,
    json,
    answers: (count) => place.answers(count, [server]),
    kill: server.kill,
    pid: server.pid,
    exitCode: server.exitCode,
    async restart(more) {
      await server.kill('SIGKILL');
      await server.start(more);
    },
    async dispose() {
      await server.kill('SIGTERM');
      await place.dispose();
    },
  };
}

/** Kills servers that still run; gives what they had been started with. */
export async function endServersLeft(): Promise<string[]> {
  const left = [...servers];
  for (const server of left) {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
  return left.map(({ spawnargs }) => spawnargs.slice(2).join(' '));
}

/** A data folder with its agents, and the commands over it; no server yet. */
export interface Place extends Pick<Tinyfat, 'dataDir' | 'host' | 'environment' | 'cli' | 'json'> {
  /** As `Tinyfat.answers`; throws once all of the processes have ended by themselves. */
  answers(count: number, processes: readonly ServerProcess[]): Promise<ReceivedMail[]>;
  dispose(): Promise<void>;
}

/** Makes it, on the engine of the tests. */
export async function makePlace(options: ServerOptions): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-e2e-'));
  const engine = await engineFor(dataDir);
  if (options.prepare !== undefined) options.prepare(dataDir);
  else if (!onPostgres && options.environment?.DATABASE_URL === undefined) copyDatabase(dataDir);
  const host = ownAddress();
  const environment = {
    PATH: process.env.PATH ?? '',
    DATA_DIR: dataDir,
    ...engine.environment,
    HOST: host,
    PUBLIC_URL: `http://${host}:8025`,
    SMTP_HOST: host,
    RETRY_BASE_MS: '20',
    ...options.environment,
  };

  const answered = new Map<string, ReceivedMail>();
  let inRunner: Promise<CliResult> | null = null;
  const cli: Tinyfat['cli'] = async (words, stdin = '') => {
    // Two writers of one database in one process would wait for each other, and a server never ends.
    if (inRunner || words[0] === 'start') {
      return await runCli(words, environment, stdin);
    }
    inRunner = runInRunner(words, environment, stdin);
    try {
      return await inRunner;
    } finally {
      inRunner = null;
    }
  };

  for (const [name, entries] of Object.entries(options.agents ?? {})) {
    const allow = entries.flatMap((entry) => ['--allow', entry]);
    const model = options.model === undefined ? [] : ['--model', options.model];
    const made = await cli(['agent', 'create', name, '--owner', 'owner@example.com', ...allow, ...model]);
    if (made.code !== 0) throw new Error(made.stderr);
  }
  shareEtc(dataDir);

  return {
    dataDir,
    host,
    environment,
    cli,
    async json(words) {
      // What only reads can wait; a process of its own would be half a second of work.
      while (inRunner) await inRunner;
      const result = await cli([...words, '--json']);
      if (result.code !== 0) throw new Error(result.stderr);
      return JSON.parse(result.stdout);
    },
    async answers(count, processes) {
      const folder = join(dataDir, 'mailbox', 'new');
      for (;;) {
        const names = existsSync(folder) ? await readdir(folder) : [];
        if (names.length >= count) return names.length === 0 ? [] : await readMaildir(folder, answered);
        if (processes.every(({ exitCode }) => exitCode() !== null)) {
          throw new Error(`the server ended:\n${processes.map(({ output }) => output()).join('\n')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async dispose() {
      await engine.dispose();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A `tinyfat start`, which may be started again and again. */
export interface ServerProcess {
  /** Resolves when it is ready; what it printed before is forgotten. */
  start(more?: Record<string, string>): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  output(): string;
  pid(): number;
  exitCode(): number | null;
}

/** One with these words behind `start`; does not start it. */
export function serverProcess(words: string[], environment: Readonly<Record<string, string>>): ServerProcess {
  let child: ChildProcess | null = null;
  let printed = '';
  const lives = () => child !== null && child.exitCode === null && child.signalCode === null;
  return {
    async start(more = {}) {
      printed = '';
      const server = spawn(process.execPath, [MAIN, 'start', ...words], {
        env: { ...COMPILED, ...environment, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = server;
      servers.add(server);
      server.once('exit', () => servers.delete(server));
      const take = (chunk: Buffer) => {
        printed += chunk.toString();
      };
      server.stdout.on('data', take);
      server.stderr.on('data', take);
      const ready = new Promise<void>((resolve) => {
        server.stdout.on('data', () => printed.includes('Everything ') && resolve());
      });
      const ended = once(server, 'exit').then(() => {
        throw new Error(`the server ended at its start:\n${printed}`);
      });
      await Promise.race([ready, ended]);
      ended.catch(() => undefined);
    },
    async kill(signal) {
      if (child === null || !lives()) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    output: () => printed,
    pid: () => child?.pid ?? 0,
    exitCode: () => child?.exitCode ?? null,
  };
}
