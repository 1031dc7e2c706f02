/**
 * Makes an installation on Cloudflare, or brings one up to date, step by step. Each step looks first and does what is missing:
 * after one that failed, or was cut off, the same command goes on where it was. Tables come before Workers: older Workers
 * refuse a newer schema and their webhooks come again, while newer Workers on an older one would be wrong for longer.
 */
import { secretsOf } from '../faults/explain-to-operator.ts';
import { silencer } from '../faults/report-fault.ts';
import { attachHostname, findAccount, lookUpHostname, workersSubdomain } from './account.ts';
import type { CloudflareApi } from './api.ts';
import type { DeploySettings } from './deploy-settings.ts';
import type { Outcome } from './outcome.ts';
import {
  type DatabaseOrigin,
  ensureBucket,
  ensureHyperdrive,
  ensureQueue,
  refuseOtherDatabase,
} from './resources.ts';
import { lackOf, missingRights } from './rights.ts';
import { type Deployment, namesOf, WORKERS, workerConfigs } from './worker-configs.ts';
import { deployWorker, prepareBuild, removeOldSecrets, type WorkersDeps } from './workers.ts';

/** The keys of an installation in the form of their secrets. */
export interface SealingKeys {
  masterKeys: string;
  signInKey: string;
}

export interface DeployDeps extends WorkersDeps {
  api: CloudflareApi;
  /** Why no image can be built here; null where one can. */
  dockerProblem(): Promise<string | null>;
  /**
   * Brings the tables up to date, and gives the keys of the installation, made where there are none yet. Refuses a database
   * that can not be used.
   */
  prepareDatabase(): Promise<Outcome<SealingKeys>>;
  database: DatabaseOrigin;
  /** Whether the pages answer that they are ready; a sentence where they do not. */
  isReady(url: string): Promise<string | null>;
}

export type Container = Deployment['container'];

/** Runs all steps; ends with the first that fails. Gives where the installation is. */
export async function deploy(
  deps: DeployDeps,
  settings: DeploySettings,
  {
    name,
    container,
    adopt,
  }: {
    name: string;
    container: Container;
    /** Also where the installation had another database. */
    adopt: boolean;
  },
): Promise<Outcome<{ url: string }>> {
  const { api, root } = deps;
  const names = namesOf({ name });
  const step = async <Value>(
    what: string,
    work: () => Promise<Outcome<Value>>,
    said: (value: Value) => string,
  ): Promise<Outcome<Value>> => {
    deps.begin(what);
    const outcome = await work();
    if (outcome.ok) deps.done(said(outcome));
    return outcome;
  };

  const ready = await step(
    'what builds the image',
    () => checkBuild(deps),
    () => 'is there',
  );
  if (!ready.ok) return ready;

  const account = await step(
    'the account and the rights of the token',
    async () => {
      const found = await findAccount(api, settings.accountId);
      if (!found.ok) return found;
      const missing = await missingRights(api, found.id);
      return missing.length > 0 ? lackOf(missing) : found;
    },
    (found) => found.name,
  );
  if (!account.ok) return account;

  const host = await step(
    'the address',
    () => hostOf(deps, settings, { account: account.id, worker: names.worker('platform') }),
    (found) => `https://${found.host}`,
  );
  if (!host.ok) return host;
  const url = `https://${host.host}`;

  const keys = await step(
    'the database',
    async () => {
      const { address } = deps.database;
      const same = adopt || (await refuseOtherDatabase(api, account.id, names.hyperdrive, address));
      return same === true || same.ok ? await deps.prepareDatabase() : same;
    },
    () => 'its tables are up to date',
  );
  if (!keys.ok) return keys;

  const bucket = await step(
    `the bucket ${names.bucket}`,
    () => ensureBucket(api, account.id, names.bucket),
    madeOrThere,
  );
  if (!bucket.ok) return bucket;

  for (const queue of Object.values(names.queues)) {
    const made = await step(`the queue ${queue}`, () => ensureQueue(api, account.id, queue), madeOrThere);
    if (!made.ok) return made;
  }

  const hyperdrive = await step(
    `Hyperdrive ${names.hyperdrive}`,
    () => ensureHyperdrive(api, account.id, names.hyperdrive, deps.database),
    ({ made }) => `${made ? 'made' : 'set to this database'}, without caching`,
  );
  if (!hyperdrive.ok) return hyperdrive;

  const secrets = { ...settings.secrets, MASTER_KEYS: keys.masterKeys, SIGN_IN_KEY: keys.signInKey };
  const configs = workerConfigs(root, {
    name,
    accountId: account.id,
    hyperdriveId: hyperdrive.found.id,
    hostname: settings.hostname,
    vars: { ...settings.vars, PUBLIC_URL: url },
    secrets: Object.keys(secrets),
    container,
  });
  const environment = { CLOUDFLARE_API_TOKEN: settings.token, CLOUDFLARE_API_BASE_URL: settings.apiUrl };
  const password = { DATABASE_PASSWORD: deps.database.address.password ?? '' };
  const hide = silencer(secretsOf({ ...secrets, ...environment, ...password }));
  for (const worker of WORKERS) {
    const script = names.worker(worker);
    const deployed = await step(
      `the Worker ${script}${worker === 'sandbox' ? ' (its image takes minutes)' : ''}`,
      async () => {
        const config = configs[worker];
        const up = await deployWorker(deps, { worker, config, secrets, environment, hide });
        return up.ok ? await removeOldSecrets(api, account.id, { worker, name: script, secrets }) : up;
      },
      ({ removed }) =>
        removed.length > 0 ? `deployed; no longer set, and removed: ${removed.join(', ')}` : 'deployed',
    );
    if (!deployed.ok) return deployed;
  }

  const { hostname } = settings;
  if (hostname !== null) {
    const at = { hostname, worker: names.worker('platform') };
    const led = await step(`the name ${hostname}`, () => attachHostname(api, account.id, at), madeOrThere);
    if (!led.ok) return led;
  }

  return await step(
    'whether it is ready',
    async () => {
      const problem = await deps.isReady(url);
      if (problem === null) return { ok: true, url };
      return {
        ok: false,
        reason: `${url}/health/ready says: ${hide(problem)}`,
        fix: `A name that is new can take minutes: run the same command again then. Else look at what it logs: npx wrangler tail ${names.worker('platform')}`,
      };
    },
    () => 'it is',
  );
}

/** Before anything begins, so that it does not end at the third Worker. */
async function checkBuild({ root, dockerProblem }: DeployDeps): Promise<Outcome<object>> {
  const problem = await dockerProblem();
  if (problem === null) return prepareBuild(root);
  return {
    ok: false,
    reason: problem,
    fix: 'Install and start Docker (https://docs.docker.com/engine/install/), which builds the image of the containers, or set WRANGLER_DOCKER_BIN to a program that does the same; then run the same command again.',
  };
}

async function hostOf(
  { api }: DeployDeps,
  { hostname }: DeploySettings,
  { account, worker }: { account: string; worker: string },
): Promise<Outcome<{ host: string }>> {
  if (hostname !== null) {
    const found = await lookUpHostname(api, account, { hostname, worker });
    return found.ok ? { ok: true, host: hostname } : found;
  }
  const found = await workersSubdomain(api, account);
  return found.ok ? { ok: true, host: `${worker}.${found.subdomain}.workers.dev` } : found;
}

function madeOrThere({ made }: { made: boolean }): string {
  return made ? 'made' : 'is there';
}
