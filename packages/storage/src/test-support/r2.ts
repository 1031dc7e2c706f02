/** For tests in workerd, over the bucket of R2 that Miniflare stores (vitest.config.ts). */
import { env } from 'cloudflare:workers';
import type { R2Bucket } from '@cloudflare/workers-types';
import { openR2Bucket } from '../r2/bucket.ts';

/** The binding itself. */
export const binding = env.DATA as R2Bucket;

/** Retries without their waits. */
export const runtime = { clock: Date.now, random: () => -1 };

/** The bucket behind the port. */
export const bucket = openR2Bucket(binding, runtime);

/** Removes all that is in it. */
export async function empty(): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list({ prefix: '' });
    if (objects.length === 0) return;
    await bucket.remove(objects.map(({ key }) => key));
  }
}
