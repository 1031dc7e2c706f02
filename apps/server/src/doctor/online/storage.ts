/** Can the bucket be read, written and deleted from, by the key and by what turns are given? */
import { randomUUID } from 'node:crypto';
import { type Bucket, openBucket, r2Credentials, StorageError } from '@tinyfat/storage';
import type { Config } from '../../config.ts';
import type { StorageConfig } from '../../storage.ts';
import { broken, type Check, note, type Observation, ok, wordsOf } from '../finding.ts';

/** Only where a bucket is set. Writes two small objects, and deletes them. */
export function storageCheck({ storage }: Pick<Config, 'storage'>): Check {
  return { name: 'storage', look: () => (storage === null ? [] : look(storage)) };
}

const RUNTIME = { clock: Date.now, random: Math.random };

async function look({ account, root, turnCredentials }: StorageConfig): Promise<Observation[]> {
  const { bucket: name, endpoint } = account;
  const prefix = `${root}doctor/${randomUUID()}/`;
  try {
    await tryOut(openBucket(account, RUNTIME), prefix);
  } catch (error) {
    return [broken(`${name} at ${new URL(endpoint).host}: ${wordsOf(error)}`, mendOf(error))];
  }
  const found = ok(`${name} at ${new URL(endpoint).host} is read, written and deleted from`);
  if (turnCredentials === 'parent')
    return [
      found,
      note(
        'turns get the key of the settings itself',
        'The server uses it, never the sandbox. Only R2 signs credentials for one folder and one turn.',
      ),
    ];
  try {
    const mint = r2Credentials(account, Date.now);
    const credentials = await mint({ prefix, ttlSeconds: 60, permission: 'object-read-write' });
    await tryOut(openBucket({ ...account, credentials }, RUNTIME), prefix);
  } catch (error) {
    return [
      found,
      broken(
        `credentials for one turn are refused: ${wordsOf(error)}`,
        'The key must be an R2 API token with Object Read & Write, and STORAGE_ENDPOINT that of its account.',
      ),
    ];
  }
  return [found];
}

async function tryOut(bucket: Bucket, prefix: string): Promise<void> {
  const keys = [`${prefix}one`, `${prefix}two`];
  for (const key of keys) await bucket.put(key, 'tinyfat doctor', { only: 'absent' });
  const again = await bucket.put(keys[0] ?? '', 'tinyfat doctor, again', { only: 'absent' });
  const listed = await bucket.list({ prefix });
  await bucket.remove(keys);
  const left = await bucket.list({ prefix });
  if (again.ok) throw new Error('it writes over an object in spite of If-None-Match');
  if (listed.objects.length !== 2 || left.objects.length > 0)
    throw new Error('what was written is not listed, or what was deleted is still there');
}

function mendOf(error: unknown): string {
  switch (error instanceof StorageError ? error.code : '') {
    case 'NoSuchBucket':
      return 'Make the bucket, or correct STORAGE.';
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'AccessDenied':
      return 'Check STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY; the key must read, write, list and delete objects.';
    case 'RequestTimeTooSkewed':
      return 'Set the clock of this machine.';
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
      return 'Check STORAGE_REGION and STORAGE_ENDPOINT.';
    case '':
      return 'Another service is needed: agents would lose what two write at once.';
    default:
      return 'Check STORAGE_ENDPOINT and the network; agents answer nothing until then.';
  }
}
