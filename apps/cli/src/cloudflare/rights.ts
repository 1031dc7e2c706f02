/** The rights that a token needs, by their names in Cloudflare's dashboard (developers.cloudflare.com/fundamentals/api/reference/permissions). */
import * as v from 'valibot';
import type { CloudflareApi } from './api.ts';

export const RIGHTS = {
  account: 'Account · Account Settings · Read',
  workers: 'Account · Workers Scripts · Edit',
  r2: 'Account · Workers R2 Storage · Edit',
  queues: 'Account · Queues · Edit',
  hyperdrive: 'Account · Hyperdrive · Edit',
  containers: 'Account · Containers · Edit',
  certificates: 'Account · SSL and Certificates · Edit',
} as const;
export type Right = keyof typeof RIGHTS;

/** Paths that answer only who has at least the right to read there. */
const PROBES: readonly [Right, string][] = [
  ['workers', '/workers/scripts'],
  ['r2', '/r2/buckets'],
  ['queues', '/queues'],
  ['hyperdrive', '/hyperdrive/configs'],
  ['containers', '/containers/me'],
];

/** Rights that the token surely lacks. A right to read only is found out by the first write. */
export async function missingRights(api: CloudflareApi, account: string): Promise<Right[]> {
  const asked = await Promise.all(
    PROBES.map(async ([right, path]) => {
      const answer = await api.call('GET', `/accounts/${account}${path}`, v.unknown());
      return !answer.ok && (answer.status === 401 || answer.status === 403) ? right : null;
    }),
  );
  return asked.filter((right) => right !== null);
}
