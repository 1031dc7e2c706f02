import { expect, it } from 'vitest';
import { makeLogger } from '../logger.ts';
import { unwind } from './unwind.ts';

it('takes every step, the last first, also where one fails', async () => {
  const done: string[] = [];
  const lines: string[] = [];
  const logger = makeLogger({ level: 'info', plain: false, write: (line) => lines.push(line) });
  const clean = await unwind(
    [
      () => void done.push('lock'),
      () => {
        throw new Error('thrown');
      },
      async () => void done.push('door'),
      () => Promise.reject(new Error('rejected')),
      () => void done.push('web'),
    ],
    logger,
  );
  expect(clean).toBe(false);
  expect(done).toEqual(['web', 'door', 'lock']);
  expect(lines.map((line) => JSON.parse(line).error.split('\n')[0])).toEqual([
    'Error: rejected',
    'Error: thrown',
  ]);
  expect(await unwind([() => {}], logger)).toBe(true);
});
