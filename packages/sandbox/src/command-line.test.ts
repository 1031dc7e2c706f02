import { testLimits } from '@tinyfat/contracts';
import { expect, it } from 'vitest';
import { commandLine } from './command-line.ts';
import type { Host } from './host.ts';

const limits = { ...testLimits, processes: 100 };
const processes = (host: Partial<Host>, hasCgroup: boolean) =>
  commandLine(
    {
      programs: { bwrap: 'bwrap', prlimit: 'prlimit', setpriv: 'setpriv' },
      inside: { uid: 4242, gid: 4242, root: true },
      highestAllowed: () => Number.POSITIVE_INFINITY,
      processesCountedInside: true,
      runsAtOnce: 3,
      ...host,
    } as Host,
    limits,
    hasCgroup,
    ['true'],
  ).filter((word) => word.startsWith('--nproc'));

it('with root the processes of all runs are bounded by how many runs there may be, and none is bounded to its own', () => {
  expect(processes({}, false)).toEqual(['--nproc=364']);
  expect(processes({ runsAtOnce: 1 }, false)).toEqual(['--nproc=164']);
});

it('an ordinary user’s run is bounded alone, where the kernel counts so', () => {
  const inside = { uid: 1000, gid: 1000, root: false };
  expect(processes({ inside }, false)).toEqual(['--nproc=200']);
  expect(processes({ inside, processesCountedInside: false }, false)).toEqual([]);
});

it('where a cgroup counts, nothing else does', () => {
  expect(processes({}, true)).toEqual([]);
  expect(processes({ inside: { uid: 1000, gid: 1000, root: false } }, true)).toEqual([]);
});
