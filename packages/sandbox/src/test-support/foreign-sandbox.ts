/** A `Sandbox` that lives in a process of another user, so that root's tests also test an ordinary user's. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Sandbox, SandboxProbe, SandboxRequest, SandboxResult } from '../contract.ts';
import type { Answer, ForeignOptions, Question } from './driver.ts';

export interface ForeignSandbox {
  sandbox: Sandbox;
  process: ChildProcess;
  close(): Promise<void>;
}

/** Node closes what it inherits only up to about descriptor 16. */
const LEAKED_AT = 40;

/** Whether any user may enter the folders above and read what is there. */
export function openToAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return (statSync(path).mode & 0o005) === 0o005;
  }
}

/**
 * Starts a sandbox as the user `uid`. The sources are first copied into `folder`, which everybody can enter, and so is Node
 * where others may not run it; a second sandbox with the same folder uses the same copies.
 */
export async function foreignSandbox(
  folder: string,
  uid: number,
  options: ForeignOptions,
  /** A descriptor of ours that the process shall inherit, at a high number. */
  leaked?: number,
): Promise<ForeignSandbox> {
  const isOwn = uid === process.getuid?.();
  const sources = await copySources(join(folder, 'sources'));
  const compiled = join(folder, 'compiled');
  await mkdir(compiled, { recursive: true });
  await chmod(compiled, 0o777);
  const nodeBinary = isOwn ? options.nodeBinary : await readableNode(folder);
  const gap = Array.from({ length: LEAKED_AT - 4 }, () => 'ignore' as const);
  const child = fork(join(sources, 'src/test-support/driver.ts'), [], {
    execPath: nodeBinary,
    execArgv: [],
    env: { NODE_COMPILE_CACHE: compiled },
    cwd: '/',
    ...(isOwn ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(leaked === undefined ? [] : gap), leaked ?? 'ignore'],
  });
  const exited = once(child, 'exit');
  const ask = (question: Question) => void child.send(question);
  const answers = (take: (answer: Answer) => void) => child.on('message', take);

  let next = 0;
  const start = (request: SandboxRequest) => {
    next += 1;
    const id = next;
    const finished = new Promise<SandboxResult>((resolve, reject) => {
      answers((answer) => {
        if (answer.kind === 'stdout' && answer.id === id)
          request.onStdout?.(Buffer.from(answer.chunk, 'base64'));
        if (answer.kind === 'finished' && answer.id === id) resolve(answer.result);
        if (answer.kind === 'failed' && answer.id === id) reject(new Error(answer.message));
      });
      child.once('exit', () => reject(new Error('the process with the sandbox ended')));
    });
    finished.catch(() => {});
    ask({ kind: 'start', id, request: { ...request, onStdout: undefined } });
    return { finished, cancel: () => ask({ kind: 'cancel', id }) };
  };
  const probe = () => {
    const probed = new Promise<SandboxProbe>((resolve) => {
      answers((answer) => {
        if (answer.kind === 'probed') resolve(answer.probe);
      });
    });
    ask({ kind: 'probe' });
    return probed;
  };

  child.setMaxListeners(0);
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', () => reject(new Error('the process with the sandbox did not start')));
  });
  ask({ kind: 'make', options: { ...options, nodeBinary } });
  return {
    sandbox: { start, probe },
    process: child,
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** This process's Node, or a copy of it in `folder` where not every user may run it. */
export async function readableNode(folder: string): Promise<string> {
  if (openToAll(process.execPath)) return process.execPath;
  const copy = join(folder, 'node');
  if (!existsSync(copy)) await cp(process.execPath, copy);
  return copy;
}

/** Copies this package to `folder` for another user, with what of core is imported not for its types alone. */
export async function copySources(folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(folder, { mode: 0o755 });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await cp(join(import.meta.dirname, '..'), join(folder, 'src'), { recursive: true });
  const core = join(folder, 'core');
  const file = 'errors/faults.ts';
  await mkdir(join(folder, 'node_modules/@tinyfat'), { recursive: true });
  await mkdir(join(core, 'errors'), { recursive: true });
  await writeFile(join(core, 'package.json'), JSON.stringify({ type: 'module', exports: `./${file}` }));
  await cp(join(import.meta.dirname, '../../../core/src', file), join(core, file));
  // Node strips types only outside node_modules.
  await symlink(core, join(folder, 'node_modules/@tinyfat/core'));
  return folder;
}
