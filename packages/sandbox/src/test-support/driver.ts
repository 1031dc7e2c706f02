/**
 * Runs a sandbox in a process of its own, for tests that need another user: the port's calls come as
 * messages, and so do the answers. Started by `foreignSandbox`.
 */
import { flushCompileCache } from 'node:module';
import { bubblewrap } from '../bubblewrap.ts';
import type { RunningSandbox, Sandbox, SandboxProbe, SandboxRequest, SandboxResult } from '../contract.ts';
import type { BubblewrapOptions } from '../host.ts';
import { cgroupsBelow } from './cgroups.ts';

/** What can travel of the options. `cgroups`: the folder to make them in; null for none, looked for when absent. */
export interface ForeignOptions extends Omit<BubblewrapOptions, 'logger' | 'cgroups'> {
  cgroups?: string | null;
}

/** A request without its callback, which can't travel. */
export type Question =
  | { kind: 'make'; options: ForeignOptions }
  | { kind: 'probe' }
  | { kind: 'start'; id: number; request: SandboxRequest }
  | { kind: 'cancel'; id: number };

export type Answer =
  | { kind: 'ready' }
  | { kind: 'probed'; probe: SandboxProbe }
  | { kind: 'stdout'; id: number; chunk: string }
  | { kind: 'finished'; id: number; result: SandboxResult }
  | { kind: 'failed'; id: number; message: string };

const runs = new Map<number, RunningSandbox>();
let sandbox: Sandbox | null = null;
const answer = (message: Answer) => process.send?.(message);

process.on('message', (question: Question) => {
  if (question.kind === 'make') sandbox = make(question.options);
  if (question.kind === 'cancel') runs.get(question.id)?.cancel();
  if (question.kind === 'probe') void sandbox?.probe().then((probe) => answer({ kind: 'probed', probe }));
  if (question.kind === 'start' && sandbox !== null) begin(sandbox, question.id, question.request);
});
process.on('disconnect', () => process.exit(0));
// A process that is killed writes no compile cache by itself; with one the next starts in a third of the time.
flushCompileCache();
answer({ kind: 'ready' });

function make({ cgroups, ...options }: ForeignOptions): Sandbox {
  if (cgroups === undefined) return bubblewrap(options);
  return bubblewrap({ ...options, cgroups: cgroups === null ? null : cgroupsBelow(cgroups) });
}

function begin(by: Sandbox, id: number, request: SandboxRequest): void {
  const onStdout = (chunk: Uint8Array) =>
    answer({ kind: 'stdout', id, chunk: Buffer.from(chunk).toString('base64') });
  const running = by.start({ ...request, onStdout });
  runs.set(id, running);
  running.finished.then(
    (result) => answer({ kind: 'finished', id, result }),
    (error) => answer({ kind: 'failed', id, message: String(error) }),
  );
}
