/** For tests over the stand-in for S3. */
import type { S3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import type { S3Account, S3Credentials } from '../s3/requests.ts';

/** The bucket of the stand-in, by its parent key or by other credentials. */
export function accountOf(standIn: S3StandIn, credentials?: S3Credentials): S3Account {
  const { url: endpoint, bucket, accessKeyId, secretAccessKey } = standIn;
  return { endpoint, bucket, region: 'auto', credentials: credentials ?? { accessKeyId, secretAccessKey } };
}

/** Retries without their waits. */
export const runtime = { clock: Date.now, random: () => -1 };
