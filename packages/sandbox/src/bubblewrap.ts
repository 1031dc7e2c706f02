/** `Sandbox` by bubblewrap: one run, one set of namespaces, nothing left at the end. */
import { lchownSync } from 'node:fs';
import type { Logger } from '@tinyfat/core';
import { commandLine } from './command-line.ts';
import type { RunningSandbox, Sandbox, SandboxRequest, SandboxResult, SandboxStop } from './contract.ts';
import { type BubblewrapOptions, type Host, type Missing, prepareHost } from './host.ts';
import { probeHost } from './probe.ts';
import { type SupervisedRun, supervise } from './supervise.ts';
import { type Inside, nodeInside, viewOptions } from './view.ts';

/** Who owns the files inside when we are root; null when they simply are ours. */
export function sandboxOwner(
  options: { uid?: number; gid?: number } = {},
): { uid: number; gid: number } | null {
  const { root, uid, gid } = whoInside(options);
  return root ? { uid, gid } : null;
}

/**
 * Makes the sandbox. `/data` must be writable for `sandboxOwner`. A run's `finished` rejects only when the
 * sandbox could not be set up (bubblewrap missing or refused, a folder that is not there); there is never a
 * run without isolation. `removeStaleRuns` goes first at start-up.
 */
export function bubblewrap(options: BubblewrapOptions): Sandbox {
  const inside = whoInside(options);
  let prepared: Promise<Host | Missing> | null = null;
  const host = () => {
    prepared ??= prepareHost(options, inside);
    return prepared;
  };
  const start = (request: SandboxRequest) => startRun(host(), request, options.logger);
  return {
    start,
    probe: () => probeHost(host(), start),
  };
}

function whoInside(options: { uid?: number; gid?: number }): Inside {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  if (uid !== 0) return { uid, gid, root: false };
  const inside = { uid: options.uid ?? 4242, gid: options.gid ?? 4242, root: true };
  if (inside.uid <= 0 || inside.gid <= 0) throw new Error('the sandbox is never entered as root');
  return inside;
}

function startRun(
  preparing: Promise<Host | Missing>,
  request: SandboxRequest,
  logger: Logger | undefined,
): RunningSandbox {
  if (!/^[a-z0-9-]{1,64}$/.test(request.runId)) throw new Error(`not a run id: ${request.runId}`);
  const began = performance.now();
  let stopped: SandboxStop = null;
  let run: SupervisedRun | null = null;
  const stop = (reason: NonNullable<SandboxStop>) => {
    stopped ??= reason;
    run?.stop(reason);
  };
  const deadline = setTimeout(() => stop('deadline'), request.limits.deadlineMs);

  const finished = (async (): Promise<SandboxResult> => {
    try {
      const host = await preparing;
      if ('missing' in host) throw new Error(`the sandbox could not be set up: ${host.missing} is missing`);
      if (stopped !== null) return neverStarted(stopped, performance.now() - began);
      run = launch(host, request);
      const result = { ...(await run.finished), durationMs: performance.now() - began };
      logger?.debug('sandbox.finished', {
        run_id: request.runId,
        exit_code: result.exitCode,
        stopped: result.stopped,
        duration_ms: Math.round(result.durationMs),
        peak_memory_bytes: result.peakMemoryBytes,
      });
      return result;
    } finally {
      clearTimeout(deadline);
    }
  })();
  // The caller may look at it only later; until then a failure is no unhandled one.
  finished.catch(() => {});
  return { finished, cancel: (reason = 'cancelled') => stop(reason) };
}

function launch(host: Host, request: SandboxRequest): SupervisedRun {
  const { inside } = host;
  const options = viewOptions(host.view(), request);
  // Connecting needs write permission on the socket; its folder keeps everybody else out.
  if (inside.root && request.gatewaySocket !== undefined)
    lchownSync(request.gatewaySocket, inside.uid, inside.gid);
  const cgroup = host.cgroups?.make(host.record.cgroupName(request.runId), request.limits) ?? null;
  const [program = '', ...words] = request.command;
  try {
    return supervise({
      commandLine: commandLine(host, request.limits, cgroup !== null, [
        program === 'node' ? nodeInside : program,
        ...words,
      ]),
      options,
      filter: host.filter,
      limits: request.limits,
      cgroup,
      onStdout: request.onStdout,
    });
  } catch (error) {
    // Not even started, for want of descriptors: the cgroup is empty.
    void cgroup?.remove().catch(() => {});
    throw error;
  }
}

function neverStarted(stopped: NonNullable<SandboxStop>, durationMs: number): SandboxResult {
  const nothing = { exitCode: null, signal: 'SIGKILL', stdout: '', stderr: '', peakMemoryBytes: null };
  return { ...nothing, stopped, durationMs };
}
