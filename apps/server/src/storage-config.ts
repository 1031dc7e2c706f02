/** Reads the settings of storage on S3 or R2. */
import type * as v from 'valibot';
import * as values from './config-values.ts';
import type { StorageConfig } from './storage.ts';

const R2_HOST = '.r2.cloudflarestorage.com';
const OTHERS = [
  'STORAGE_ENDPOINT',
  'STORAGE_REGION',
  'STORAGE_ACCESS_KEY_ID',
  'STORAGE_SECRET_ACCESS_KEY',
  'STORAGE_TURN_CREDENTIALS',
] as const;

/** Reads one variable; null where it is not set, or was refused with a problem. */
type Read = <Value>(name: string, schema: v.GenericSchema<string, Value>, fallback: null) => Value | null;

/** The storage; null for that of DATA_DIR. Says every problem to `problem`. */
export function readStorage(
  isSet: (name: string) => boolean,
  read: Read,
  problem: (text: string) => void,
): StorageConfig | null {
  const place = read('STORAGE', values.bucketUrl, null);
  const endpoint = read('STORAGE_ENDPOINT', values.webUrl, null);
  const region = read('STORAGE_REGION', values.region, null);
  const accessKeyId = read('STORAGE_ACCESS_KEY_ID', values.secret, null);
  const secretAccessKey = read('STORAGE_SECRET_ACCESS_KEY', values.secret, null);
  const turns = read('STORAGE_TURN_CREDENTIALS', values.turnCredentials, null);
  if (!isSet('STORAGE')) {
    const idle = OTHERS.filter(isSet);
    if (idle.length > 0)
      problem(
        `${idle.join(', ')} ${idle.length > 1 ? 'do' : 'does'} nothing without STORAGE; set it to s3://bucket.`,
      );
    return null;
  }
  const missing = ['STORAGE_ENDPOINT', 'STORAGE_ACCESS_KEY_ID', 'STORAGE_SECRET_ACCESS_KEY'].filter(
    (name) => !isSet(name),
  );
  if (missing.length > 0) problem(`STORAGE needs ${missing.join(', ')}.`);
  const isR2 = endpoint !== null && new URL(endpoint).hostname.endsWith(R2_HOST);
  if (endpoint !== null && !isR2) {
    if (!isSet('STORAGE_REGION'))
      problem('STORAGE_REGION must be set where STORAGE_ENDPOINT is not R2, such as eu-central-1.');
    if (!isSet('STORAGE_TURN_CREDENTIALS'))
      problem(
        'STORAGE_TURN_CREDENTIALS must be set where STORAGE_ENDPOINT is not R2: parent, as only R2 signs credentials for one turn.',
      );
  }
  if (place === null || endpoint === null || accessKeyId === null || secretAccessKey === null) return null;
  return {
    account: {
      endpoint,
      bucket: place.bucket,
      region: region ?? 'auto',
      credentials: { accessKeyId, secretAccessKey },
    },
    root: place.root,
    turnCredentials: turns ?? 'r2',
  };
}
