/** The four Workers in workerd, as wrangler's harness runs them: real queues, buckets, objects and Hyperdrive of Miniflare. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestHarness, type TestHarness } from 'wrangler';
import { SECRETS_OF, WORKERS, type WorkerName } from '../../../apps/cli/src/cloudflare/worker-configs.ts';
import { BUILT, DEPLOYMENT, testConfigs } from './build-workers.ts';
import { wantsEngine } from './engine.ts';

export interface RunningWorkers {
  /** Of the platform. */
  url: string;
  worker(name: WorkerName): ReturnType<TestHarness['getWorker']>;
  /** Those of the consumer. */
  queues(): Promise<Record<'JOBS' | 'TASKS', { send(body: unknown): Promise<unknown> }>>;
  /** What they logged so far, a line each. */
  logs(): string[];
  close(): Promise<void>;
}

/** Starts them on this database, with these settings and secrets; each is given those that it may have. */
export async function startWorkers({
  databaseUrl,
  vars,
  secrets,
}: {
  databaseUrl: string;
  vars: Record<string, string>;
  secrets: Record<string, string>;
}): Promise<RunningWorkers> {
  const containers = wantsEngine ? 'docker' : 'stand-in';
  const built = process.env[BUILT[containers]];
  if (built === undefined) throw new Error('the Workers are built by build-workers.ts');
  // It neither asks Cloudflare for the place of this machine nor tells of each message.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  process.env.WRANGLER_LOG = 'none';
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-workerd-'));
  const configs = testConfigs({ ...DEPLOYMENT, vars, secrets: Object.keys(secrets) }, containers);
  const workers = await Promise.all(
    // The first one is what a URL reaches.
    [...WORKERS].reverse().map(async (name) => {
      const { hyperdrive, ...config } = configs[name];
      const local = {
        localConnectionString: databaseUrl,
        id: DEPLOYMENT.hyperdriveId,
        binding: 'HYPERDRIVE',
      };
      await mkdir(join(folder, name));
      const configPath = join(folder, name, 'wrangler.json');
      const whole = {
        ...config,
        ...(hyperdrive === undefined ? {} : { hyperdrive: [local] }),
        dev: { enable_containers: wantsEngine },
      };
      await writeFile(configPath, JSON.stringify(whole));
      const own = Object.entries(secrets).filter(([secret]) => SECRETS_OF[name].includes(secret));
      return { configPath, prebuiltWorkerDir: join(built, name, 'built'), secrets: Object.fromEntries(own) };
    }),
  );
  const harness = createTestHarness({ root: folder, workers });
  const { url } = await harness.listen();
  return {
    url: url.origin,
    worker: (name) => harness.getWorker(`${DEPLOYMENT.name}-${name}`),
    queues: async () =>
      (await harness.getWorker(`${DEPLOYMENT.name}-queue`).getEnv()) as Awaited<
        ReturnType<RunningWorkers['queues']>
      >,
    logs: () => harness.getLogs().map(({ message }) => message),
    async close() {
      await harness.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
