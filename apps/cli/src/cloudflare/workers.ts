/** Bundles the four Workers, and deploys them with the secrets that each may have. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { CloudflareApi } from './api.ts';
import { prepareImageContext } from './image-context.ts';
import type { Failed, Outcome } from './outcome.ts';
import { refused } from './rights.ts';
import {
  type Deployment,
  namesOf,
  SECRETS_OF,
  WORKERS,
  type WorkerConfig,
  type WorkerName,
  workerConfigs,
} from './worker-configs.ts';
import type { wrangler } from './wrangler.ts';
import { withWranglerFiles } from './wrangler-files.ts';

export interface WorkersDeps {
  /** The checkout. */
  root: string;
  wrangler: typeof wrangler;
  /** A line about a step that begins, and what it came to. */
  begin(step: string): void;
  done(said: string): void;
}

/** Words of wrangler for bundles in the folder `built`, as they are deployed. Needs no network and no Docker: no image is built. */
export const DRY_RUN = ['deploy', '--dry-run', '--containers-rollout=none', '--outdir', 'built'];
const LINES_OF_OUTPUT = 20;
const ALL_SECRETS = new Set(Object.values(SECRETS_OF).flat());

/** Makes ready what the Workers are bundled from besides their sources. */
export function prepareBuild(root: string): Outcome<object> {
  try {
    prepareImageContext(root);
  } catch (error) {
    return unbuilt(root, error instanceof Error ? error.message : String(error));
  }
  const pages = join(root, 'dist/platform/client');
  return existsSync(pages) ? { ok: true } : unbuilt(root, `${pages} is not built.`);
}

function unbuilt(root: string, reason: string): Failed {
  const fix = `Run ${join(root, 'bin/tinyfat')} help, which builds what is missing, then the same command again.`;
  return { ok: false, reason, fix };
}

/** Bundles and checks every Worker as a deployment would, without asking anything of anybody. */
export async function checkWorkers(
  { root, wrangler, begin, done }: WorkersDeps,
  deployment: Deployment,
): Promise<Outcome<object>> {
  const prepared = prepareBuild(root);
  if (!prepared.ok) return prepared;
  const configs = workerConfigs(root, deployment);
  for (const worker of WORKERS) {
    begin(`the Worker ${namesOf(deployment).worker(worker)}`);
    const run = await withWranglerFiles(configs[worker], {}, ({ folder, config }) =>
      wrangler([...DRY_RUN, '--config', config], { root, folder }),
    );
    if (run.code !== 0) return failed(worker, run.output);
    done(/Total Upload: (.*)/.exec(run.output)?.[1] ?? 'bundled');
  }
  return { ok: true };
}

/** One Worker with its secrets. */
export async function deployWorker(
  { root, wrangler }: Pick<WorkersDeps, 'root' | 'wrangler'>,
  {
    worker,
    config,
    secrets,
    environment,
    hide,
  }: {
    worker: WorkerName;
    config: WorkerConfig;
    /** All of the installation: the Worker gets those that it may have. */
    secrets: Readonly<Record<string, string>>;
    /** Who asks, and where. */
    environment: Readonly<Record<string, string>>;
    hide(text: string): string;
  },
): Promise<Outcome<object>> {
  const run = await withWranglerFiles(config, secretsOf(worker, secrets), (files) => {
    const given = files.secrets === null ? [] : ['--secrets-file', files.secrets];
    return wrangler(['deploy', '--config', files.config, ...given], {
      root,
      folder: files.folder,
      environment,
    });
  });
  return run.code === 0 ? { ok: true } : failed(worker, hide(run.output));
}

/** Takes secrets away that are no longer set: a deployment leaves them, and a Worker with two ways out starts no work. */
export async function removeOldSecrets(
  api: CloudflareApi,
  account: string,
  { worker, name, secrets }: { worker: WorkerName; name: string; secrets: Readonly<Record<string, string>> },
): Promise<Outcome<{ removed: string[] }>> {
  const path = `/accounts/${account}/workers/scripts/${name}/secrets`;
  const found = await api.call('GET', path, v.array(v.object({ name: v.string() })));
  if (!found.ok) return refused(found, 'workers');
  const own = secretsOf(worker, secrets);
  const old = found.result
    .map((secret) => secret.name)
    .filter((secret) => ALL_SECRETS.has(secret) && !Object.hasOwn(own, secret));
  for (const secret of old) {
    const gone = await api.call('DELETE', `${path}/${secret}`, v.unknown());
    if (!gone.ok && gone.status !== 404) return refused(gone, 'workers');
  }
  return { ok: true, removed: old };
}

function secretsOf(worker: WorkerName, secrets: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => SECRETS_OF[worker].includes(name)));
}

/** The end of what wrangler printed: it says there what it wants. */
function failed(worker: WorkerName, output: string): Failed {
  const lines = output.trimEnd().split('\n').slice(-LINES_OF_OUTPUT).join('\n');
  return {
    ok: false,
    reason: `wrangler could not deploy the Worker ${worker}:\n${lines}`,
    fix: 'Mend what it names, then run the same command again.',
  };
}
