import { testLimits } from '@tinyfat/contracts';
import { expect, it } from 'vitest';
import { highestAllowed, limitOptions, limitOptionsInside } from './resource-limits.ts';

const limitsText = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max file size             unlimited            1048576              bytes
Max data size             unlimited            unlimited            bytes
Max core file size        0                    0                    bytes
Max processes             100                  100                  processes
Max open files            64                   128                  files
`;
const ordinary = 'CapEff:\t0000000000000000\n';
const mighty = 'CapEff:\t000001ffffffffff\n';

it('nobody is asked to pass a hard limit of its own', () => {
  const options = limitOptions(testLimits, highestAllowed(limitsText, ordinary), {
    byCgroup: false,
    processesOfAllRuns: null,
  });
  expect(options).toEqual([
    '--core=0',
    '--cpu=20:22',
    '--fsize=1048576',
    '--nofile=128',
    `--data=${testLimits.memoryBytes + (1 << 30)}`,
  ]);
  expect(limitOptionsInside(testLimits, highestAllowed(limitsText, ordinary))).toEqual(['--nproc=100']);
});

it('who may pass it sets what the run shall have', () => {
  const options = limitOptions(testLimits, highestAllowed(limitsText, mighty), {
    byCgroup: true,
    processesOfAllRuns: 600,
  });
  expect(options).toEqual(['--core=1', '--cpu=20:22', '--fsize=8388608', '--nofile=256']);
});

it('root’s runs share a uid, so their processes are bounded together only roughly', () => {
  const options = limitOptions(testLimits, highestAllowed(limitsText, mighty), {
    byCgroup: false,
    processesOfAllRuns: 600,
  });
  expect(options.at(-1)).toBe('--nproc=600');
});
