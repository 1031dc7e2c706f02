/** What must work before the Worker counts as ready. */
import { databaseFaultText, testWrite } from '@tinyfat/database';
import type { ReadinessCheck } from '../contract.ts';
import type { PlatformBindings } from './bindings.ts';
import type { Invocation } from './invocation.ts';
import type { Isolate } from './isolate.ts';

/** Checks cost something, and anybody may ask. */
const EVERY_MS = 10_000;

/** The checks by their names in `GET /health/ready`. */
export function readinessChecks(
  env: PlatformBindings,
  { db, bucket, runtime: { clock } }: Pick<Invocation, 'db' | 'bucket' | 'runtime'>,
  { checked }: Pick<Isolate, 'checked'>,
): Readonly<Record<string, ReadinessCheck>> {
  const seldom = (name: string, check: () => Promise<unknown>, problem: string) => async () => {
    const last = checked.get(name);
    const now = clock();
    if (last !== undefined && now >= last.at && now - last.at < EVERY_MS) return last.found;
    const found = await check().then(
      () => null,
      (error) => `${problem}: ${databaseFaultText(error)}`,
    );
    checked.set(name, { at: now, found });
    return found;
  };
  const missing = (['JOBS', 'TASKS', 'MAIL', 'KEYS'] as const).filter((name) => env[name] === undefined);
  return {
    database: seldom('database', () => testWrite(db), 'The database can not be written'),
    bucket: seldom('bucket', () => bucket.head('readiness'), 'The bucket can not be read'),
    bindings: () =>
      missing.length === 0
        ? null
        : `The Worker has no binding ${missing.join(', ')}. Deploy it anew: tinyfat deploy cloudflare`,
  };
}
