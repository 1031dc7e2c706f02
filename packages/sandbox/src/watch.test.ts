import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { testLimits } from '@tinyfat/contracts';
import { faultBarrier } from '@tinyfat/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onlyChild } from './process-identity.ts';
import { endNamespace, privateMemory, processTree, residentMemory } from './process-tree.ts';
import { watchTree } from './watch.ts';

/** Four processes in a pid namespace: a Node with threads and 64 MB, over it a shell and pid 1, beside it a sleep. */
const program = `const b = Buffer.alloc(64 << 20, 1); console.log("ready"); setInterval(() => b[0], 1e6)`;
let tree: ChildProcessByStdio<null, Readable, null>;
beforeAll(async () => {
  const namespace = ['--unshare-pid', '--dev-bind', '/', '/', '--proc', '/proc', '--die-with-parent', '--'];
  const script = `sleep 600 & "${process.execPath}" -e '${program}' & wait`;
  tree = spawn('bwrap', [...namespace, 'bash', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(tree.stdout, 'data');
});
afterAll(async () => {
  const root = onlyChild(tree.pid);
  if (root !== null) await endNamespace(root);
});

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
const pid = () => onlyChild(tree.pid)?.pid ?? -1;
const guard = faultBarrier((fault) => {
  throw fault;
});

it('a tree is summed up with its children, threads and memory', () => {
  const tree = [...processTree(pid())];
  expect(tree).toHaveLength(4);
  expect(sum(tree.map(({ tasks }) => tasks))).toBeGreaterThan(6);
  const memory = sum(tree.map((process) => residentMemory(process.pid)));
  expect(memory).toBeGreaterThan(64 << 20);
  expect(memory).toBeLessThan(256 << 20);
});

it('a process that is gone uses nothing', () => {
  const gone = 2 ** 22 + 1;
  expect([...processTree(gone)]).toEqual([]);
  expect(residentMemory(gone) + privateMemory([gone])).toBe(0);
});

it('too many threads stop the run, however few the processes', async () => {
  const reason = await new Promise((resolve) =>
    watchTree(pid(), { ...testLimits, processes: 5 }, resolve, guard),
  );
  expect(reason).toBe('processes');
});

it('too much memory stops the run', async () => {
  const reason = await new Promise((resolve) =>
    watchTree(pid(), { ...testLimits, memoryBytes: 48 << 20 }, resolve, guard),
  );
  expect(reason).toBe('memory');
});

it('too many processes stop the run', async () => {
  const reason = await new Promise((resolve) =>
    watchTree(pid(), { ...testLimits, processes: 3 }, resolve, guard),
  );
  expect(reason).toBe('processes');
});
