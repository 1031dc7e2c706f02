import { makeLogger } from '@tinyfat/settings';
import { expect, it } from 'vitest';
import { partList } from './part.ts';

it('stops every part, the last first, with its handle, also where one fails', async () => {
  const done: string[] = [];
  const lines: string[] = [];
  const logger = makeLogger({ level: 'info', plain: false, write: (line) => lines.push(line) });
  const parts = partList(logger);
  const part = (name: string, stop = async () => {}) =>
    parts.start({
      name,
      start: async () => `${name} handle`,
      async stop(handle: string, drainMs: number) {
        await stop();
        done.push(`${handle} ${drainMs}`);
      },
    });
  await part('lock');
  await part('thrown', () => {
    throw new Error('thrown');
  });
  expect(await part('listener')).toBe('listener handle');
  await part('rejected', () => Promise.reject(new Error('rejected')));
  await parts.start({ name: 'no stop', start: async () => {} });
  await part('web');
  expect(await Promise.all([parts.stop(7), parts.stop(9)])).toEqual([false, false]);
  expect(done).toEqual(['web handle 7', 'listener handle 7', 'lock handle 7']);
  expect(
    lines.map((line) => JSON.parse(line)).map(({ part, error }) => [part, error.split('\n')[0]]),
  ).toEqual([
    ['rejected', 'Error: rejected'],
    ['thrown', 'Error: thrown'],
  ]);
});

it('stops nothing of a part that did not start', async () => {
  const stopped: string[] = [];
  const parts = partList(makeLogger({ level: 'error', plain: false, write: () => {} }));
  await parts.start({ name: 'one', start: async () => {}, stop: () => void stopped.push('one') });
  const broken = parts.start({
    name: 'two',
    start: () => Promise.reject(new Error('no')),
    stop: () => void stopped.push('two'),
  });
  await expect(broken).rejects.toThrow('no');
  expect(await parts.stop(0)).toBe(true);
  expect(stopped).toEqual(['one']);
});
