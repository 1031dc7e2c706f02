/** Builds the four Workers as `wrangler deploy` bundles them, once for all test files of a run. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Deployment, WORKERS, workerConfigs } from '../../../apps/cli/src/cloudflare/worker-configs.ts';
import { DRY_RUN } from '../../../apps/cli/src/cloudflare/workers.ts';
import { wrangler } from '../../../apps/cli/src/cloudflare/wrangler.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The Worker that runs turns, with a stand-in for its containers; a deployed one knows nothing of that. */
const STAND_IN = 'apps/sandbox-spike/src/test-support/stand-in-worker.ts';

/** What turns run in. */
export type TestContainers = 'stand-in' | 'docker';

/** The variables that name the bundles. */
export const BUILT: Readonly<Record<TestContainers, string>> = {
  'stand-in': 'TINYFAT_E2E_WORKERS',
  docker: 'TINYFAT_E2E_WORKERS_DOCKER',
};

/** An installation that is nowhere. */
export const DEPLOYMENT: Deployment = {
  name: 'tinyfat',
  accountId: null,
  hyperdriveId: '0'.repeat(32),
  hostname: null,
  vars: {},
  secrets: [],
  container: { instanceType: 'standard-1', mostInstances: 5 },
};

/** The configurations of the Workers for tests: as they are deployed, but for the containers where those are stand-ins. */
export function testConfigs(
  deployment: Deployment,
  containers: TestContainers,
): ReturnType<typeof workerConfigs> {
  const { sandbox, ...others } = workerConfigs(ROOT, deployment);
  if (containers === 'docker') return { sandbox, ...others };
  return { ...others, sandbox: { ...sandbox, main: join(ROOT, STAND_IN) } };
}

/** Vitest's global set-up for stand-ins. */
export const setup = () => buildWorkers('stand-in');

/** Leaves the bundles in a folder, which it names in the environment of the tests; gives what removes them. */
export async function buildWorkers(containers: TestContainers): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-workers-'));
  const configs = testConfigs(DEPLOYMENT, containers);
  await Promise.all(
    WORKERS.map(async (name) => {
      const config = join(folder, name, 'wrangler.json');
      await mkdir(join(folder, name));
      await writeFile(config, JSON.stringify(configs[name]));
      const { code, output } = await wrangler([...DRY_RUN, '--config', config], {
        root: ROOT,
        folder: join(folder, name),
      });
      if (code !== 0) throw new Error(`wrangler could not bundle the Worker ${name}:\n${output}`);
    }),
  );
  process.env[BUILT[containers]] = folder;
  return () => rm(folder, { recursive: true, force: true });
}
