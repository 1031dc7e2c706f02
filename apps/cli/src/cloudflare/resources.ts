/** What an installation has at Cloudflare besides its Workers: found by name, made where it is missing. */
import { sha256HexOfText } from '@tinyfat/core';
import type { PostgresAddress } from '@tinyfat/database/postgres';
import * as v from 'valibot';
import type { ApiOutcome, CloudflareApi } from './api.ts';
import type { Outcome } from './outcome.ts';
import { type Right, refused } from './rights.ts';

/** `made`: it was not there before. */
type Made<Found> = Outcome<{ made: boolean; found: Found }>;

/** Of Hyperdrive to the database: a third of what the smallest project of Supabase has. */
const CONNECTIONS = 20;

const named = v.object({ name: v.string() });
const withId = v.object({ id: v.string() });
const queues = v.array(v.object({ queue_name: v.string() }));
const hyperdrives = v.array(
  v.object({
    id: v.string(),
    name: v.string(),
    origin: v.object({
      host: v.optional(v.string(), ''),
      port: v.optional(v.number(), 5432),
      database: v.string(),
    }),
  }),
);
const certificates = v.array(v.object({ id: v.string(), name: v.nullish(v.string()) }));

/** Looks, and makes it where it is missing. Somebody may make it between the two: then it is there. */
async function ensure<Found>(
  right: Right,
  find: () => Promise<ApiOutcome<Found | undefined>>,
  make: () => Promise<ApiOutcome<Found>>,
): Promise<Made<Found>> {
  const before = await find();
  if (!before.ok) return refused(before, right);
  if (before.result !== undefined) return { ok: true, made: false, found: before.result };
  const made = await make();
  if (made.ok) return { ok: true, made: true, found: made.result };
  const after = await find();
  if (after.ok && after.result !== undefined) return { ok: true, made: false, found: after.result };
  return refused(made, right);
}

/** The bucket of folders and raw mail. */
export async function ensureBucket(
  api: CloudflareApi,
  account: string,
  name: string,
): Promise<Made<{ name: string }>> {
  const path = `/accounts/${account}/r2/buckets`;
  return await ensure(
    'r2',
    async () => {
      const found = await api.call('GET', `${path}/${name}`, named);
      return !found.ok && found.status === 404 ? { ok: true, result: undefined } : found;
    },
    () => api.call('POST', path, named, { name }),
  );
}

/** One queue. */
export async function ensureQueue(
  api: CloudflareApi,
  account: string,
  name: string,
): Promise<Made<{ queue_name: string }>> {
  const path = `/accounts/${account}/queues`;
  return await ensure(
    'queues',
    () => firstOf(api.all(path, queues), ({ queue_name }) => queue_name === name),
    () => api.call('POST', path, v.object({ queue_name: v.string() }), { queue_name: name }),
  );
}

/** The database as Hyperdrive reaches it. */
export interface DatabaseOrigin {
  /** Of the server itself: Hyperdrive is a pooler. */
  address: PostgresAddress;
  /** PEM certificates of the authorities that its certificate is verified by. */
  authorities: string;
}

/** The name of an uploaded authority: of the Hyperdrive that uses it, with a hash, as certificates are never changed. */
export async function authorityName(hyperdrive: string, pem: string): Promise<string> {
  return `${hyperdrive}-${(await sha256HexOfText(pem)).slice(0, 12)}`;
}

/** Refuses where the connections of this name lead to another database: that of another installation, or this one before it moved. */
export async function refuseOtherDatabase(
  api: CloudflareApi,
  account: string,
  name: string,
  { host, port, database }: PostgresAddress,
): Promise<Outcome<object>> {
  const found = await api.all(`/accounts/${account}/hyperdrive/configs`, hyperdrives);
  if (!found.ok) return refused(found, 'hyperdrive');
  const before = found.result.find((one) => one.name === name)?.origin;
  if (!before || (before.host === host && before.port === port && before.database === database))
    return { ok: true };
  return {
    ok: false,
    reason: `${name} leads to another database: ${before.database} at ${before.host}:${before.port}, and not ${database} at ${host}:${port}.`,
    fix: 'Deploy another installation under another name (--name). If the rows have moved, or are reached another way now, run the same command with --adopt.',
  };
}

/** The connections to the database, with caching off: a cached read could be a minute old. Always set anew, as the password may be. */
export async function ensureHyperdrive(
  api: CloudflareApi,
  account: string,
  name: string,
  { address, authorities }: DatabaseOrigin,
): Promise<Made<{ id: string }>> {
  const authority = await ensureAuthority(api, account, await authorityName(name, authorities), authorities);
  if (!authority.ok) return authority;
  const { host, port, database, user, password } = address;
  const path = `/accounts/${account}/hyperdrive/configs`;
  const body = {
    name,
    origin: { scheme: 'postgresql', host, port, database, user, password: password ?? '' },
    caching: { disabled: true },
    origin_connection_limit: CONNECTIONS,
    mtls: { ca_certificate_id: authority.found.id, sslmode: 'verify-full' },
  };
  const hyperdrive = await ensure(
    'hyperdrive',
    () => firstOf(api.all(path, hyperdrives), (one) => one.name === name),
    () => api.call('POST', path, withId, body),
  );
  if (!hyperdrive.ok || hyperdrive.made) return hyperdrive;
  const set = await api.call('PUT', `${path}/${hyperdrive.found.id}`, withId, body);
  return set.ok ? hyperdrive : refused(set, 'hyperdrive');
}

async function ensureAuthority(
  api: CloudflareApi,
  account: string,
  name: string,
  pem: string,
): Promise<Made<{ id: string }>> {
  const path = `/accounts/${account}/mtls_certificates`;
  return await ensure(
    'certificates',
    () => firstOf(api.all(path, certificates), (one) => one.name === name),
    () => api.call('POST', path, withId, { name, ca: true, certificates: pem }),
  );
}

async function firstOf<Item>(
  list: Promise<ApiOutcome<Item[]>>,
  isIt: (item: Item) => boolean,
): Promise<ApiOutcome<Item | undefined>> {
  const found = await list;
  return found.ok ? { ok: true, result: found.result.find(isIt) } : found;
}
