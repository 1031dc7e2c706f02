import { env } from 'cloudflare:workers';
import type { R2Bucket } from '@cloudflare/workers-types';
import { expect, it } from 'vitest';
import { readAll } from '../bucket/body.ts';
import { openR2Bucket } from './bucket.ts';

const DATA = env.DATA as R2Bucket;
const runtime = { clock: Date.now, random: () => -1 };

it('gives back what it was given', async () => {
  const bucket = openR2Bucket(DATA, runtime);
  await bucket.put('a', 'text', { meta: { mode: '755' } });
  const opened = await bucket.get('a');
  expect(opened?.meta).toMatchObject({ mode: '755' });
  expect(await readAll(opened?.body ?? null, 4)).toEqual(new TextEncoder().encode('text'));
});
