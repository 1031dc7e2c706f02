/** What an installation has at Cloudflare besides its Workers: found by name, made where it is missing. */
import { sha256HexOfText } from '@tinyfat/core';
import type { PostgresAddress } from '@tinyfat/database/postgres';
import * as v from 'valibot';
import type { ApiOutcome, CloudflareApi } from './api.ts';
import { RIGHTS, type Right } from './rights.ts';
import { type Deployment, namesOf } from './worker-configs.ts';

/** What one step came to: a few words about it, or what is wrong and the line that mends it. */
export type Outcome<Value> = ({ ok: true } & Value) | { ok: false; reason: string; fix: string };

/** `made`: it was not there before. */
type Made = Outcome<{ made: boolean }>;

/** Of Hyperdrive to the database: a third of what the smallest project of Supabase has. */
const CONNECTIONS = 20;

const named = v.object({ name: v.string() });
const buckets = v.object({ buckets: v.array(named) });
const queues = v.array(v.object({ queue_id: v.string(), queue_name: v.string() }));
const hyperdrives = v.array(v.object({ id: v.string(), name: v.string() }));

/** The account of the settings, or the only one that the token reaches. */
export async function findAccount(
  api: CloudflareApi,
  wanted: string | null,
): Promise<Outcome<{ id: string; name: string }>> {
  const found = await api.all('/accounts', v.array(v.object({ id: v.string(), name: v.string() })));
  if (!found.ok) {
    const fix =
      found.status === 401 || found.status === 403 || found.status === 400
        ? 'Make a token as docs/cloudflare.md says, and set CLOUDFLARE_API_TOKEN to it.'
        : 'Run the same command again.';
    return { ok: false, reason: found.message, fix };
  }
  const [first, ...others] = found.result;
  const account = wanted === null ? first : found.result.find(({ id }) => id === wanted);
  if (wanted === null && others.length > 0) {
    const names = found.result.map(({ id, name }) => `${id} (${name})`).join(', ');
    return {
      ok: false,
      reason: `The token reaches several accounts: ${names}.`,
      fix: 'Set CLOUDFLARE_ACCOUNT_ID.',
    };
  }
  if (account === undefined)
    return {
      ok: false,
      reason:
        wanted === null ? 'The token reaches no account.' : `The token does not reach the account ${wanted}.`,
      fix: 'Make a token for the account, as docs/cloudflare.md says.',
    };
  return { ok: true, ...account };
}

/** The bucket of folders and raw mail. */
export async function ensureBucket(api: CloudflareApi, account: string, name: string): Promise<Made> {
  const path = `/accounts/${account}/r2/buckets`;
  const found = await api.call(
    'GET',
    `${path}?name_contains=${encodeURIComponent(name)}&per_page=1000`,
    buckets,
  );
  if (!found.ok) return refused(found, 'r2');
  if (found.result.buckets.some((bucket) => bucket.name === name)) return { ok: true, made: false };
  const made = await api.call('POST', path, named, { name });
  return made.ok ? { ok: true, made: true } : refused(made, 'r2');
}

/** One queue. */
export async function ensureQueue(api: CloudflareApi, account: string, name: string): Promise<Made> {
  const path = `/accounts/${account}/queues`;
  const found = await api.all(path, queues);
  if (!found.ok) return refused(found, 'queues');
  if (found.result.some(({ queue_name }) => queue_name === name)) return { ok: true, made: false };
  const made = await api.call('POST', path, v.object({ queue_id: v.string() }), { queue_name: name });
  return made.ok ? { ok: true, made: true } : refused(made, 'queues');
}

/** The database as Hyperdrive reaches it. */
export interface DatabaseOrigin {
  /** Of the server itself: Hyperdrive is a pooler. */
  address: PostgresAddress;
  /** PEM certificates of the authorities that its certificate is verified by; null where the address asks for no TLS. */
  authorities: string | null;
}

/** A certificate authority of the database, uploaded under a name with its hash. */
async function ensureAuthority(
  api: CloudflareApi,
  account: string,
  { name, pem }: { name: string; pem: string },
): Promise<Outcome<{ id: string }>> {
  const path = `/accounts/${account}/mtls_certificates`;
  const hash = (await sha256HexOfText(pem)).slice(0, 12);
  const wanted = `${name}-${hash}`;
  const schema = v.object({ id: v.string(), name: v.optional(v.nullable(v.string())) });
  const found = await api.all(path, v.array(schema));
  if (!found.ok) return refused(found, 'certificates');
  const before = found.result.find((one) => one.name === wanted);
  if (before) return { ok: true, id: before.id };
  const made = await api.call('POST', path, schema, { name: wanted, ca: true, certificates: pem });
  return made.ok ? { ok: true, id: made.result.id } : refused(made, 'certificates');
}

/** The connections to the database, with caching off: a cached read could be a minute old. Always set anew, as the password may be. */
export async function ensureHyperdrive(
  api: CloudflareApi,
  account: string,
  name: string,
  { address, authorities }: DatabaseOrigin,
): Promise<Outcome<{ id: string; made: boolean }>> {
  const { host, port, database, user, password } = address;
  const authority =
    authorities === null ? null : await ensureAuthority(api, account, { name, pem: authorities });
  if (authority !== null && !authority.ok) return authority;
  const path = `/accounts/${account}/hyperdrive/configs`;
  const found = await api.all(path, hyperdrives);
  if (!found.ok) return refused(found, 'hyperdrive');
  const body = {
    name,
    origin: { scheme: 'postgresql', host, port, database, user, password: password ?? '' },
    caching: { disabled: true },
    origin_connection_limit: CONNECTIONS,
    ...(authority === null ? {} : { mtls: { ca_certificate_id: authority.id, sslmode: 'verify-full' } }),
  };
  const before = found.result.find((one) => one.name === name);
  const written = before
    ? await api.call('PUT', `${path}/${before.id}`, v.object({ id: v.string() }), body)
    : await api.call('POST', path, v.object({ id: v.string() }), body);
  return written.ok
    ? { ok: true, id: written.result.id, made: before === undefined }
    : refused(written, 'hyperdrive');
}

/** The name below which Workers without one of their own are reached; made by Cloudflare with the account. */
export async function workersSubdomain(
  api: CloudflareApi,
  account: string,
): Promise<Outcome<{ subdomain: string }>> {
  const found = await api.call(
    'GET',
    `/accounts/${account}/workers/subdomain`,
    v.object({ subdomain: v.string() }),
  );
  if (found.ok) return { ok: true, subdomain: found.result.subdomain };
  const { reason } = refused(found, 'workers');
  return {
    ok: false,
    reason,
    fix: 'Open Workers & Pages once in the dashboard of Cloudflare, which makes it; or set PUBLIC_URL to a name of your own.',
  };
}

/** Something of an installation that is at Cloudflare now. */
export interface Existing {
  kind: 'worker' | 'queue' | 'hyperdrive' | 'bucket';
  name: string;
  /** What DELETE is sent to. */
  path: string;
}

/** What of the installation is there, in the order in which it can be removed. */
export async function findExisting(
  api: CloudflareApi,
  account: string,
  deployment: Pick<Deployment, 'name'>,
): Promise<Outcome<{ existing: Existing[] }>> {
  const base = `/accounts/${account}`;
  const names = namesOf(deployment);
  const scripts = await api.call('GET', `${base}/workers/scripts`, v.array(v.object({ id: v.string() })));
  if (!scripts.ok) return refused(scripts, 'workers');
  const foundQueues = await api.all(`${base}/queues`, queues);
  if (!foundQueues.ok) return refused(foundQueues, 'queues');
  const foundHyperdrives = await api.all(`${base}/hyperdrive/configs`, hyperdrives);
  if (!foundHyperdrives.ok) return refused(foundHyperdrives, 'hyperdrive');
  const filter = `name_contains=${encodeURIComponent(names.bucket)}&per_page=1000`;
  const foundBuckets = await api.call('GET', `${base}/r2/buckets?${filter}`, buckets);
  if (!foundBuckets.ok) return refused(foundBuckets, 'r2');
  const ofWorkers = (['platform', 'queue', 'sandbox', 'mail'] as const).map(names.worker);
  const ofQueues: string[] = Object.values(names.queues);
  return {
    ok: true,
    existing: [
      ...ofWorkers
        .filter((name) => scripts.result.some(({ id }) => id === name))
        .map((name) => ({
          kind: 'worker' as const,
          name,
          path: `${base}/workers/scripts/${name}?force=true`,
        })),
      ...foundQueues.result
        .filter(({ queue_name }) => ofQueues.includes(queue_name))
        .map((one) => ({
          kind: 'queue' as const,
          name: one.queue_name,
          path: `${base}/queues/${one.queue_id}`,
        })),
      ...foundHyperdrives.result
        .filter(({ name }) => name === names.hyperdrive)
        .map(({ name, id }) => ({
          kind: 'hyperdrive' as const,
          name,
          path: `${base}/hyperdrive/configs/${id}`,
        })),
      ...foundBuckets.result.buckets
        .filter(({ name }) => name === names.bucket)
        .map(({ name }) => ({ kind: 'bucket' as const, name, path: `${base}/r2/buckets/${name}` })),
    ],
  };
}

/** A refusal of the API; one for want of rights names the right. */
export function refused(
  { status, message }: Extract<ApiOutcome<unknown>, { ok: false }>,
  right: Right,
): { ok: false; reason: string; fix: string } {
  if (status === 401 || status === 403)
    return {
      ok: false,
      reason: `The token may not do that: ${message}`,
      fix: `Give the token the right "${RIGHTS[right]}", then run the same command again.`,
    };
  return {
    ok: false,
    reason: message,
    fix: 'Run the same command again; what is done already is not done twice.',
  };
}
