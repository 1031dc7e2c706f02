/** What of an installation is at Cloudflare now, and can be removed. */
import * as v from 'valibot';
import { domains } from './account.ts';
import type { ApiOutcome, CloudflareApi } from './api.ts';
import type { Outcome } from './outcome.ts';
import { type Right, refused } from './rights.ts';
import { namesOf } from './worker-configs.ts';

/** What it is called, and the right that it takes to remove it. */
export const KINDS = {
  hostname: { words: 'name', right: 'workers' },
  consumer: { words: 'consumer', right: 'queues' },
  worker: { words: 'Worker', right: 'workers' },
  containers: { words: 'containers', right: 'containers' },
  queue: { words: 'queue', right: 'queues' },
  hyperdrive: { words: 'Hyperdrive', right: 'hyperdrive' },
  certificate: { words: 'certificate', right: 'certificates' },
  bucket: { words: 'bucket', right: 'r2' },
} as const satisfies Record<string, { words: string; right: Right }>;
type Kind = keyof typeof KINDS;

/** Something of an installation. */
export interface Existing {
  kind: Kind;
  name: string;
  /** What DELETE is sent to. */
  path: string;
}

const id = v.string();
const queues = v.array(v.object({ queue_id: id, queue_name: v.string() }));
const consumers = v.array(v.object({ consumer_id: id }));
const namedWithId = v.array(v.object({ id, name: v.nullish(v.string()) }));

/** What is there, in the order in which it can be removed: a Worker that consumes a queue can not, nor what it is bound to. */
export async function findExisting(
  api: CloudflareApi,
  account: string,
  name: string,
): Promise<Outcome<{ existing: Existing[] }>> {
  const base = `/accounts/${account}`;
  const names = namesOf({ name });
  const existing: Existing[] = [];
  const add = (kind: Kind, called: string, path: string) =>
    void existing.push({ kind, name: called, path: `${base}${path}` });

  const hostnames = await api.call(
    'GET',
    `${base}/workers/domains?service=${names.worker('platform')}`,
    domains,
  );
  if (!hostnames.ok) return refused(hostnames, 'workers');
  for (const one of hostnames.result)
    if (one.service === names.worker('platform')) add('hostname', one.hostname, `/workers/domains/${one.id}`);

  const everyQueue = await api.all(`${base}/queues`, queues);
  if (!everyQueue.ok) return refused(everyQueue, 'queues');
  const ofQueues: string[] = Object.values(names.queues);
  const own = everyQueue.result.filter(({ queue_name }) => ofQueues.includes(queue_name));
  for (const { queue_id, queue_name } of own) {
    const path = `/queues/${queue_id}/consumers`;
    const found = orNone(await api.call('GET', `${base}${path}`, consumers));
    if (!found.ok) return refused(found, 'queues');
    for (const { consumer_id } of found.result) add('consumer', `of ${queue_name}`, `${path}/${consumer_id}`);
  }

  const scripts = await api.call('GET', `${base}/workers/scripts`, v.array(v.object({ id })));
  if (!scripts.ok) return refused(scripts, 'workers');
  for (const worker of ['platform', 'queue', 'sandbox', 'mail'] as const) {
    const script = names.worker(worker);
    if (scripts.result.some((one) => one.id === script))
      add('worker', script, `/workers/scripts/${script}?force=true`);
  }

  const containers = await api.call(
    'GET',
    `${base}/containers/applications?name=${names.container}`,
    namedWithId,
  );
  if (!containers.ok) return refused(containers, 'containers');
  for (const one of containers.result)
    if (one.name === names.container)
      add('containers', names.container, `/containers/applications/${one.id}`);

  for (const { queue_id, queue_name } of own) add('queue', queue_name, `/queues/${queue_id}`);

  const hyperdrives = await api.all(`${base}/hyperdrive/configs`, namedWithId);
  if (!hyperdrives.ok) return refused(hyperdrives, 'hyperdrive');
  for (const one of hyperdrives.result)
    if (one.name === names.hyperdrive) add('hyperdrive', names.hyperdrive, `/hyperdrive/configs/${one.id}`);

  const certificates = await api.all(`${base}/mtls_certificates`, namedWithId);
  if (!certificates.ok) return refused(certificates, 'certificates');
  for (const one of certificates.result)
    if (isAuthorityOf(names.hyperdrive, one.name ?? ''))
      add('certificate', one.name ?? '', `/mtls_certificates/${one.id}`);

  const bucket = await api.call('GET', `${base}/r2/buckets/${names.bucket}`, v.object({ name: v.string() }));
  if (!bucket.ok && bucket.status !== 404) return refused(bucket, 'r2');
  if (bucket.ok) add('bucket', names.bucket, `/r2/buckets/${names.bucket}`);
  return { ok: true, existing };
}

/** Names of `authorityName`. */
function isAuthorityOf(hyperdrive: string, name: string): boolean {
  return name.startsWith(`${hyperdrive}-`) && /^[0-9a-f]{12}$/.test(name.slice(hyperdrive.length + 1));
}

/** A list of what has gone meanwhile is empty. */
function orNone<Item>(found: ApiOutcome<Item[]>): ApiOutcome<Item[]> {
  return !found.ok && found.status === 404 ? { ok: true, result: [] } : found;
}
