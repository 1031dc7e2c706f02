/**
 * Makes an installation on Cloudflare, or brings one up to date, step by step. Each step looks first and does what is missing:
 * after one that failed, or was cut off, the same command goes on where it was.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudflareApi } from './api.ts';
import type { DeploySettings } from './deploy-settings.ts';
import { prepareImageContext } from './image-context.ts';
import {
  type DatabaseOrigin,
  ensureBucket,
  ensureHyperdrive,
  ensureQueue,
  findAccount,
  type Outcome,
  workersSubdomain,
} from './resources.ts';
import { missingRights, RIGHTS } from './rights.ts';
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

export interface DeployDeps {
  /** The checkout. */
  root: string;
  api: CloudflareApi;
  wrangler: typeof wrangler;
  /**
   * Brings the tables up to date, and gives the keys of the installation in the form of their secrets, made where there are
   * none yet. Gives a refusal where the database can not be used.
   */
  prepareDatabase(): Promise<Outcome<{ masterKeys: string; signInKey: string }>>;
  database: DatabaseOrigin;
  /** Whether the pages answer that they are ready; a sentence where they do not. */
  isReady(url: string): Promise<string | null>;
  /** A line about a step that begins, and one about its end. */
  begin(step: string): void;
  done(said: string): void;
}

export type Container = Deployment['container'];

/** Where the installation is. */
export interface Deployed {
  url: string;
}

/** Runs all steps; ends with the first that fails. */
export async function deploy(
  deps: DeployDeps,
  settings: DeploySettings,
  { name, container }: { name: string; container: Container },
): Promise<Outcome<Deployed>> {
  const { api, begin, done } = deps;
  const names = namesOf({ name });

  begin('the account and the rights of the token');
  const account = await findAccount(api, settings.accountId);
  if (!account.ok) return account;
  const missing = await missingRights(api, account.id);
  if (missing.length > 0) {
    const lacks = missing.map((right) => `"${RIGHTS[right]}"`).join(', ');
    return {
      ok: false,
      reason: `The token lacks ${missing.length > 1 ? 'rights' : 'a right'}: ${lacks}.`,
      fix: 'Give them to the token in the dashboard (My Profile → API Tokens), then run the same command again.',
    };
  }
  done(account.name);

  begin('the database');
  const prepared = await deps.prepareDatabase();
  if (!prepared.ok) return prepared;
  done('its tables are up to date');

  begin(`the bucket ${names.bucket}`);
  const bucket = await ensureBucket(api, account.id, names.bucket);
  if (!bucket.ok) return bucket;
  done(madeOrThere(bucket.made));

  for (const queue of Object.values(names.queues)) {
    begin(`the queue ${queue}`);
    const made = await ensureQueue(api, account.id, queue);
    if (!made.ok) return made;
    done(madeOrThere(made.made));
  }

  begin(`Hyperdrive ${names.hyperdrive}`);
  const hyperdrive = await ensureHyperdrive(api, account.id, names.hyperdrive, deps.database);
  if (!hyperdrive.ok) return hyperdrive;
  done(hyperdrive.made ? 'made, without caching' : 'set to this database, without caching');

  begin('the address');
  const host = await hostOf(deps, settings, { account: account.id, name });
  if (!host.ok) return host;
  const url = `https://${host.name}`;
  done(url);

  prepareImageContext(deps.root);
  const { masterKeys, signInKey } = prepared;
  const secrets = { ...settings.secrets, MASTER_KEYS: masterKeys, SIGN_IN_KEY: signInKey };
  const configs = workerConfigs(deps.root, {
    name,
    accountId: account.id,
    hyperdriveId: hyperdrive.id,
    hostname: settings.hostname,
    vars: { ...settings.vars, PUBLIC_URL: url },
    secrets: Object.keys(secrets),
    container,
  });
  for (const worker of WORKERS) {
    begin(`the Worker ${names.worker(worker)}`);
    const deployed = await deployWorker(deps, {
      worker,
      config: configs[worker],
      secrets,
      token: settings.token,
    });
    if (!deployed.ok) return deployed;
    done('deployed');
  }

  begin('whether it is ready');
  const problem = await deps.isReady(url);
  if (problem !== null)
    return {
      ok: false,
      reason: `${url}/health/ready says: ${problem}`,
      fix: `Look at what it logs (npx wrangler tail ${names.worker('platform')}), then run the same command again. A name that is new can take minutes.`,
    };
  done('it is');
  return { ok: true, url };
}

/** Bundles and checks every Worker as a deployment would, without asking anything of anybody. */
export async function checkWorkers(
  { root, wrangler, begin, done }: Pick<DeployDeps, 'root' | 'wrangler' | 'begin' | 'done'>,
  deployment: Deployment,
): Promise<Outcome<object>> {
  prepareImageContext(root);
  const configs = workerConfigs(root, deployment);
  for (const worker of WORKERS) {
    begin(`the Worker ${namesOf(deployment).worker(worker)}`);
    const checked = await withConfig(configs[worker], {}, ({ config, folder }) =>
      wrangler(
        [
          'deploy',
          '--dry-run',
          '--containers-rollout=none',
          '--outdir',
          join(folder, 'built'),
          '--config',
          config,
        ],
        { root },
      ),
    );
    if (checked.code !== 0) return failed(worker, checked.output);
    done(uploadSize(checked.output) ?? 'bundled');
  }
  return { ok: true };
}

async function deployWorker(
  { root, wrangler }: DeployDeps,
  {
    worker,
    config,
    secrets,
    token,
  }: { worker: WorkerName; config: WorkerConfig; secrets: Record<string, string>; token: string },
): Promise<Outcome<object>> {
  const own = Object.entries(secrets).filter(([secret]) => SECRETS_OF[worker].includes(secret));
  const run = await withConfig(config, Object.fromEntries(own), (files) =>
    wrangler(['deploy', '--config', files.config, '--secrets-file', files.secrets], {
      root,
      environment: { CLOUDFLARE_API_TOKEN: token },
    }),
  );
  return run.code === 0 ? { ok: true } : failed(worker, run.output);
}

/** Files for wrangler in a folder of this user alone, which is gone afterwards. */
async function withConfig<Result>(
  config: WorkerConfig,
  secrets: Record<string, string>,
  use: (files: { folder: string; config: string; secrets: string }) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-deploy-'));
  try {
    const files = { folder, config: join(folder, 'wrangler.json'), secrets: join(folder, 'secrets.json') };
    await writeFile(files.config, JSON.stringify(config, null, 2), { mode: 0o600 });
    await writeFile(files.secrets, JSON.stringify(secrets), { mode: 0o600 });
    return await use(files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hostOf(
  { api }: DeployDeps,
  { hostname }: DeploySettings,
  { account, name }: { account: string; name: string },
): Promise<Outcome<{ name: string }>> {
  if (hostname !== null) return { ok: true, name: hostname };
  const found = await workersSubdomain(api, account);
  if (!found.ok) return found;
  return { ok: true, name: `${namesOf({ name }).worker('platform')}.${found.subdomain}.workers.dev` };
}

/** The end of what wrangler printed: it says there what it wants. */
function failed(worker: WorkerName, output: string): { ok: false; reason: string; fix: string } {
  const lines = output.trimEnd().split('\n').slice(-20).join('\n');
  const isEngine = /docker/i.test(lines);
  return {
    ok: false,
    reason: `wrangler could not deploy the Worker ${worker}:\n${lines}`,
    fix: isEngine
      ? 'Install and start Docker, which builds the image of the containers, then run the same command again.'
      : 'Mend what it names, then run the same command again.',
  };
}

function uploadSize(output: string): string | null {
  return /Total Upload: (.*)/.exec(output)?.[1] ?? null;
}

function madeOrThere(made: boolean): string {
  return made ? 'made' : 'is there';
}
