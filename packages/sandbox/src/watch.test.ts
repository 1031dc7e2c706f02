import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { testLimits } from '@tinyfat/contracts';
import { faultBarrier } from '@tinyfat/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { treeUse, watchTree } from './watch.ts';

/** Three processes: a Node with threads and 64 MB, over it a shell, beside it a sleep. */
const program = `const b = Buffer.alloc(64 << 20, 1); console.log("ready"); setInterval(() => b[0], 1e6)`;
let tree: ChildProcessByStdio<null, Readable, null>;
beforeEach(async () => {
  tree = spawn('bash', ['-c', `sleep 600 & "${process.execPath}" -e '${program}' & wait`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(tree.stdout, 'data');
});
afterEach(async () => {
  const exit = once(tree, 'exit');
  process.kill(-(tree.pid ?? Number.NaN), 'SIGKILL');
  await exit;
});

const pid = () => tree.pid ?? -1;
const guard = faultBarrier((fault) => {
  throw fault;
});

it('a tree is summed up with its children, threads and memory', () => {
  const use = treeUse(pid());
  expect(use.pids).toHaveLength(3);
  expect(use.tasks).toBeGreaterThan(6);
  expect(use.memoryBytes).toBeGreaterThan(64 << 20);
  expect(use.memoryBytes).toBeLessThan(256 << 20);
});

it('a process that is gone uses nothing', () => {
  expect(treeUse(2 ** 22 + 1)).toEqual({ memoryBytes: 0, tasks: 0, pids: [] });
});

it('too many processes and threads stop the run', async () => {
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
