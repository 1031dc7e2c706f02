/**
 * One run from the start of bubblewrap to the proof that nothing of it is left. Invariants:
 * - the program inside starts only after the host answered its gate (see command-line.ts), inside the cgroup;
 * - to end a run, pid 1 inside is killed, never bubblewrap outside alone: the kernel then kills everything in the pid
 *   namespace before pid 1 is gone;
 * - the result is given when bubblewrap has exited, pid 1 is gone, the pipes are closed and the cgroup removed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { faultBarrier } from '@tinyfat/core';
import type { RunCgroup } from './cgroup/run-cgroup.ts';
import { descriptors } from './command-line.ts';
import type { SandboxLimits, SandboxResult, SandboxStop } from './contract.ts';
import { isFiltered, onlyChild, type ProcessIdentity } from './process-identity.ts';
import { endNamespace, processTree } from './process-tree.ts';
import { runOutput } from './run-output.ts';
import { type Watch, watchForks, watchTree } from './watch.ts';

interface RunPlan {
  commandLine: string[];
  options: string[];
  filter: Buffer;
  limits: SandboxLimits;
  cgroup: RunCgroup | null;
  onStdout: ((chunk: Uint8Array) => void) | undefined;
}

export interface SupervisedRun {
  /**
   * Rejects when the sandbox could not be set up, with bubblewrap's own words, and on a fault of ours while the run was
   * looked after: it is then over, too.
   */
  finished: Promise<Ending>;
  /** Kills everything inside; the first reason given is the one in the result. */
  stop(reason: NonNullable<SandboxStop>): void;
}
type Ending = Omit<SandboxResult, 'durationMs'>;

/** Starts the run; the pipes carry the options (NUL-separated), the filter, and the gate's question and answer. */
export function supervise(plan: RunPlan): SupervisedRun {
  const { cgroup, limits } = plan;
  let stopped: SandboxStop = null;
  let root: ProcessIdentity | null = null;
  let ending: Promise<void> | null = null;
  const watching: { by: Watch | null } = { by: null };
  let exited = false;

  const stop = (reason: NonNullable<SandboxStop>) => {
    // What was printed may be read after the end, and was cut all the same.
    if (exited && reason !== 'output') return;
    stopped ??= reason;
    // Before the gate has opened, its end is the end: no program has been started.
    if (root === null) pipes.gate.destroy();
    else ending ??= endNamespace(root);
  };
  /** A run that can't be looked after any more is ended. */
  let fault: { error: unknown } | null = null;
  const guard = faultBarrier((error) => {
    fault ??= { error };
    stop('cancelled');
  });
  const output = runOutput(limits.outputBytes, plan.onStdout, () => stop('output'));

  const [program = '', ...words] = plan.commandLine;
  const child = spawn(program, words, {
    cwd: '/',
    env: {},
    // An own session: Ctrl-C in the server's terminal is the server's to handle, not bubblewrap's.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const exit = exitOf(child);
  const pipes = pipesOf(child);

  // The kernel lets every CPU pass a point of rest before the first process moves: bubblewrap sets up meanwhile.
  const moving = child.pid === undefined ? undefined : cgroup?.join([child.pid]).catch(() => {});
  const openGate = async () => {
    const inside = await tiedProcess(child, () => stopped !== null || exited);
    await moving;
    // Only pid 1 and the gate, which waits for us: nobody starts a process while they are moved.
    if (inside !== null) await cgroup?.join([...processTree(inside.pid)].map(({ pid }) => pid));
    if (inside === null || stopped !== null || exited) return;
    root = inside;
    watching.by = cgroup
      ? watchForks(cgroup, limits, () => stop('processes'), guard)
      : watchTree(inside.pid, limits, stop, guard);
    pipes.gate.end('go\n');
  };
  let refusal: string | null = null;
  const gateGuard = faultBarrier((error) => {
    refusal = String(error);
    pipes.gate.destroy();
  });
  pipes.gate.once('data', gateGuard(openGate));
  for (const stream of ['stdout', 'stderr'] as const)
    pipes[stream].on(
      'data',
      guard((chunk: Buffer) => output.take(stream, chunk)),
    );
  // A pipe breaks when the other side is gone; the exit says why.
  for (const pipe of Object.values(pipes)) pipe.on('error', () => {});
  pipes.options.end(plan.options.map((option) => `${option}\0`).join(''));
  pipes.filter.end(plan.filter);

  const finished = (async (): Promise<Ending> => {
    const { code, signal, failure } = await exit;
    exited = true;
    watching.by?.end();
    for (const pipe of [pipes.gate, pipes.options, pipes.filter]) pipe.destroy();
    if (root !== null) await (ending ?? endNamespace(root));
    await moving;
    const counted = cgroup?.report();
    await cgroup?.remove();
    await Promise.all([pipes.stdout, pipes.stderr].map(untilClosed));
    if (fault !== null) throw fault.error;

    const printed = { stdout: output.text('stdout'), stderr: output.text('stderr') };
    if (root === null && stopped === null)
      throw new Error(`the sandbox could not be set up: ${failure ?? refusal ?? printed.stderr.trim()}`);
    const peak = counted?.peakMemoryBytes ?? watching.by?.peakMemoryBytes() ?? null;
    return {
      ...ended(stopped, code, signal, counted?.memoryKills ?? 0),
      ...printed,
      peakMemoryBytes: peak,
    };
  })();
  return { finished, stop };
}

/**
 * pid 1 inside, once it has tied its life to bubblewrap's. It does so just before it takes the seccomp filter,
 * which is what can be seen. Null when the run is over first.
 */
async function tiedProcess(child: ChildProcess, isOver: () => boolean): Promise<ProcessIdentity | null> {
  while (!isOver()) {
    const inside = onlyChild(child.pid);
    if (inside !== null && isFiltered(inside)) return inside;
    await pause(1);
  }
  return null;
}

/** Signals that limits end a program with, as bubblewrap reports them: 128 + number. */
const KILLED = 128 + 9;
const CPU_TIME_UP = 128 + 24;

/** Who ended the run. A program that died for want of memory or CPU time was ended by the host's limit. */
function ended(
  stopped: SandboxStop,
  code: number | null,
  signal: string | null,
  memoryKills: number,
): Pick<SandboxResult, 'exitCode' | 'signal' | 'stopped'> {
  if (stopped !== null) return { exitCode: null, signal: 'SIGKILL', stopped };
  if (code === KILLED && memoryKills > 0) return { exitCode: null, signal: 'SIGKILL', stopped: 'memory' };
  if (code === CPU_TIME_UP) return { exitCode: null, signal: 'SIGXCPU', stopped: 'cpu' };
  return { exitCode: code, signal, stopped: null };
}

interface Exit {
  code: number | null;
  signal: string | null;
  /** Why it could not be started at all. */
  failure: string | null;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, failure: error.message }));
    child.once('exit', (code, signal) => resolve({ code, signal, failure: null }));
  });
}

function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

function pipesOf(child: ChildProcess) {
  const pipe = (descriptor: number): Socket => {
    const stream = child.stdio[descriptor];
    if (!(stream instanceof Socket)) throw new Error(`descriptor ${descriptor} is not a pipe`);
    return stream;
  };
  return {
    stdout: pipe(1),
    stderr: pipe(2),
    gate: pipe(descriptors.gate),
    options: pipe(descriptors.options),
    filter: pipe(descriptors.filter),
  };
}
