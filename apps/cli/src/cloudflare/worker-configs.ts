/**
 * The configurations of the four Workers, as wrangler reads them (developers.cloudflare.com/workers/wrangler/configuration).
 * The one place that says what each Worker is given: names, bindings, variables, and which secrets it must have.
 */
import { join } from 'node:path';
import { imagePaths } from './image-context.ts';

/** In the order in which they are deployed: each is bound to those before it. */
export const WORKERS = ['mail', 'sandbox', 'queue', 'platform'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** One installation on Cloudflare. */
export interface Deployment {
  /** Before the names of everything of it: `tinyfat` makes `tinyfat-mail`, `tinyfat-jobs` and so on. */
  name: string;
  /** Null: wrangler finds it by the token. */
  accountId: string | null;
  hyperdriveId: string;
  /** The name that people and providers reach it under, which `attachHostname` leads here; null: the address of workers.dev. */
  hostname: string | null;
  /** Settings that are no secrets, by their names in docs/environment.md. */
  vars: Readonly<Record<string, string>>;
  /** Secrets that are set, by name; a Worker is given those that it may have. */
  secrets: readonly string[];
  container: { instanceType: string; mostInstances: number };
}

/** A configuration of wrangler: JSON. */
export type WorkerConfig = Readonly<Record<string, unknown>>;

/** What all are bundled and run with. */
const COMPATIBILITY = {
  compatibility_date: '2026-11-01',
  compatibility_flags: ['nodejs_compat'],
};

/** What agents may ask for goes by a fetch of this Worker, which must reach the public internet and nothing else. */
const PUBLIC_FETCH_ONLY = {
  compatibility_flags: [...COMPATIBILITY.compatibility_flags, 'global_fetch_strictly_public'],
};

/** What each Worker may know of the secrets: no more than its own work needs (invariant 5). */
export const SECRETS_OF: Readonly<Record<WorkerName, readonly string[]>> = {
  mail: [],
  sandbox: ['MASTER_KEYS', 'ANTHROPIC_API_KEY'],
  queue: ['RESEND_API_KEY', 'RESEND_WEBHOOK_SECRET', 'POSTMARK_SERVER_TOKEN'],
  platform: [
    'SIGN_IN_KEY',
    'OIDC_CLIENT_SECRET',
    'METRICS_TOKEN',
    'RESEND_API_KEY',
    'RESEND_WEBHOOK_SECRET',
    'POSTMARK_SERVER_TOKEN',
    'POSTMARK_WEBHOOK_AUTH',
  ],
};

/** The settings that the Worker of the parsers needs; it has nothing else. */
const VARS_OF_MAIL = ['MAIL_DOMAIN', 'TRUSTED_AUTHSERV_IDS', 'DNS_OVER_HTTPS', 'LOG_LEVEL'];

/** Most CPU time of one call, ms: parsing is cut off, the consumer waits most of its time. */
const CPU_MS = { mail: 10_000, sandbox: 300_000, queue: 300_000, platform: 30_000 };

/** Calls of a turn, or of the work on an outbox, where that is more than the 10,000 that there are by default: each file is some. */
const SUBREQUESTS: Partial<Record<WorkerName, number>> = { sandbox: 50_000, queue: 50_000 };

const ENTRIES: Readonly<Record<WorkerName, string>> = {
  mail: 'apps/mail-worker/src/worker.ts',
  sandbox: 'apps/sandbox-spike/src/worker.ts',
  queue: 'apps/sandbox-queue/src/worker.ts',
  platform: 'apps/platform/src/worker.ts',
};

/** Names at Cloudflare. */
export function namesOf({ name }: Pick<Deployment, 'name'>) {
  const worker = (of: WorkerName) => `${name}-${of}`;
  return {
    worker,
    bucket: `${name}-data`,
    hyperdrive: `${name}-database`,
    queues: { jobs: `${name}-jobs`, tasks: `${name}-tasks`, dead: `${name}-dead` },
    container: `${name}-agent`,
  };
}

/** The configuration of each Worker; paths are absolute, below `root`, the checkout. */
export function workerConfigs(root: string, deployment: Deployment): Record<WorkerName, WorkerConfig> {
  const { accountId, hyperdriveId, hostname, vars, secrets, container } = deployment;
  const names = namesOf(deployment);
  const image = imagePaths(root);
  const base = (of: WorkerName) => ({
    name: names.worker(of),
    main: join(root, ENTRIES[of]),
    ...(accountId === null ? {} : { account_id: accountId }),
    ...COMPATIBILITY,
    workers_dev: of === 'platform' && hostname === null,
    limits: { cpu_ms: CPU_MS[of], ...(SUBREQUESTS[of] ? { subrequests: SUBREQUESTS[of] } : {}) },
    observability: { enabled: true },
    send_metrics: false,
    secrets: { required: SECRETS_OF[of].filter((name) => secrets.includes(name)) },
  });
  const database = { hyperdrive: [{ binding: 'HYPERDRIVE', id: hyperdriveId }] };
  const bucket = { r2_buckets: [{ binding: 'DATA', bucket_name: names.bucket }] };
  const producers = [
    { binding: 'JOBS', queue: names.queues.jobs },
    { binding: 'TASKS', queue: names.queues.tasks },
  ];
  const mail = { binding: 'MAIL', service: names.worker('mail') };
  const operatorPays = secrets.includes('ANTHROPIC_API_KEY') ? { OPERATOR_PAYS: 'yes' } : {};
  return {
    mail: {
      ...base('mail'),
      vars: Object.fromEntries(Object.entries(vars).filter(([name]) => VARS_OF_MAIL.includes(name))),
    },
    sandbox: {
      ...base('sandbox'),
      ...PUBLIC_FETCH_ONLY,
      vars,
      ...database,
      ...bucket,
      durable_objects: { bindings: [{ name: 'SANDBOX', class_name: 'AgentSandbox' }] },
      migrations: [{ tag: 'v1', new_sqlite_classes: ['AgentSandbox'] }],
      containers: [
        {
          name: names.container,
          class_name: 'AgentSandbox',
          image: image.dockerfile,
          image_build_context: image.context,
          instance_type: container.instanceType,
          max_instances: container.mostInstances,
        },
      ],
    },
    queue: {
      ...base('queue'),
      vars: { ...vars, ...operatorPays, WORKERS: String(container.mostInstances) },
      ...database,
      ...bucket,
      services: [mail],
      durable_objects: {
        bindings: [{ name: 'SANDBOX', class_name: 'AgentSandbox', script_name: names.worker('sandbox') }],
      },
      queues: {
        producers,
        consumers: [
          // One more would find no container, and count as an attempt.
          consumer(names.queues.jobs, {
            dead_letter_queue: names.queues.dead,
            max_batch_size: 1,
            max_concurrency: container.mostInstances,
          }),
          consumer(names.queues.tasks, { dead_letter_queue: names.queues.dead, max_batch_size: 10 }),
          consumer(names.queues.dead, { max_batch_size: 10 }),
        ],
      },
      triggers: { crons: ['* * * * *'] },
    },
    platform: {
      ...base('platform'),
      vars: { ...vars, ...operatorPays },
      assets: { directory: join(root, 'dist/platform/client'), binding: 'ASSETS', run_worker_first: true },
      ...database,
      ...bucket,
      services: [mail, { binding: 'KEYS', service: names.worker('sandbox'), entrypoint: 'Keys' }],
      queues: { producers },
      triggers: { crons: ['* * * * *'] },
    },
  };
}

function consumer(queue: string, more: Record<string, string | number>) {
  return { queue, max_batch_timeout: 0, max_retries: 3, ...more };
}
