/** The rights that a token needs, by their names in Cloudflare's dashboard (developers.cloudflare.com/fundamentals/api/reference/permissions). */
import * as v from 'valibot';
import type { ApiRefusal, CloudflareApi } from './api.ts';
import { type Failed, failed } from './outcome.ts';

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
  ['certificates', '/mtls_certificates'],
];

/** Of R2: the account has not switched it on (developers.cloudflare.com/r2/api/error-codes). */
const NOT_ENTITLED = 10042;
const AGAIN = 'then run the same command again';

/** Rights that the token surely lacks. A right to read only is found out by the first write. */
export async function missingRights(api: CloudflareApi, account: string): Promise<Right[]> {
  const asked = await Promise.all(
    PROBES.map(async ([right, path]) => {
      const answer = await api.call('GET', `/accounts/${account}${path}`, v.unknown());
      return !answer.ok && isForbidden(answer) ? right : null;
    }),
  );
  return asked.filter((right) => right !== null);
}

/** Names rights that are missing. */
export function lackOf(rights: readonly Right[]): Failed {
  const names = rights.map((right) => `"${RIGHTS[right]}"`).join(', ');
  return {
    ok: false,
    reason: `The token lacks ${rights.length > 1 ? 'rights' : 'a right'}: ${names}.`,
    fix: `Give ${rights.length > 1 ? 'them' : 'it'} to the token in the dashboard (My Profile → API Tokens; containers need the Workers Paid plan), ${AGAIN}.`,
  };
}

/** A refusal of the API; one for want of a right names it. */
export function refused(refusal: ApiRefusal, right: Right): Failed {
  const { status, code, message } = refusal;
  if (isForbidden(refusal))
    return failed(
      `The token may not do that: ${message}`,
      `Give the token the right "${RIGHTS[right]}", ${AGAIN}.`,
    );
  if (code === NOT_ENTITLED)
    return failed(
      message,
      `Switch R2 on in the dashboard of Cloudflare (Storage & databases → R2), ${AGAIN}.`,
    );
  if (status === 0) return failed(message, `Look at the network of this machine, ${AGAIN}.`);
  if (status === 429 || status >= 500) return failed(message, `Wait a few minutes, ${AGAIN}.`);
  return failed(message, `Mend what it names, ${AGAIN}: what is done is not done twice.`);
}

function isForbidden({ status, code }: ApiRefusal): boolean {
  return (status === 401 || status === 403) && code !== NOT_ENTITLED;
}
