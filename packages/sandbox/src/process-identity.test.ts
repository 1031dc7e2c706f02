import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { hasMoreFilters, identify, isAlive, killProcess, onlyChild } from './process-identity.ts';

it('a process is itself while it lives, and gone afterwards', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? -1);
  if (identity === null) throw new Error('no process');
  expect(isAlive(identity)).toBe(true);
  const exit = once(child, 'exit');
  killProcess(identity);
  expect((await exit)[1]).toBe('SIGKILL');
  expect(isAlive(identity)).toBe(false);
});

it('another process with the same id is not it, and is not killed', () => {
  const self = identify(process.pid);
  if (self === null) throw new Error('no process');
  const former = { ...self, startTime: '1' };
  expect(isAlive(former)).toBe(false);
  killProcess(former);
  expect(isAlive(self)).toBe(true);
});

it('the only child is found, and is nobody when there are none or several', async () => {
  const parent = spawn('bash', ['-c', 'sleep 600 & echo one; read -r; sleep 600 & echo two; wait'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exit = once(parent, 'exit');
  await once(parent.stdout, 'data');
  const first = onlyChild(parent.pid);
  expect(first).not.toBe(null);
  parent.stdin.write('\n');
  await once(parent.stdout, 'data');
  expect(onlyChild(parent.pid)).toBe(null);
  expect(onlyChild(first?.pid)).toBe(null);
  parent.kill('SIGKILL');
  await exit;
  // The sleeps are nobody's children now; the first is known, the second shares its command line only.
  if (first !== null) killProcess(first);
});

it('a filter counts only when we don’t have it ourselves', () => {
  const status = (seccomp: number, filters: number | null) =>
    `Name:\tx\nSeccomp:\t${seccomp}\n${filters === null ? '' : `Seccomp_filters:\t${filters}\n`}`;
  expect(hasMoreFilters(status(2, 1), status(0, 0))).toBe(true);
  expect(hasMoreFilters(status(0, 0), status(0, 0))).toBe(false);
  expect(hasMoreFilters(status(2, 1), status(2, 1))).toBe(false);
  expect(hasMoreFilters(status(2, 2), status(2, 1))).toBe(true);
  expect(hasMoreFilters(status(2, null), status(0, null))).toBe(true);
  expect(hasMoreFilters(status(0, null), status(0, null))).toBe(false);
});
