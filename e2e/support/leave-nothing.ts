/** Around every file of e2e: what its hooks started ends after it, and no server is left that somebody forgot. */
import { afterAll, expect } from 'vitest';
import { endAll } from './at-end.ts';
import { endServersLeft } from './tinyfat.ts';

afterAll(async () => {
  await endAll();
  expect(await endServersLeft(), 'servers that the tests left running').toEqual([]);
});
