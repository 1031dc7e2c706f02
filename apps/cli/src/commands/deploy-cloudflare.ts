/** `tinyfat deploy cloudflare`: an installation on Cloudflare, made or brought up to date. */
import { fileURLToPath } from 'node:url';
import { formatMasterKeys } from '@tinyfat/core';
import { openPostgres, readPostgresAddress } from '@tinyfat/database/postgres';
import type { Config } from '@tinyfat/server/config';
import { dataPaths, makeDataFolder } from '@tinyfat/server/data-folder';
import { installationKeys } from '@tinyfat/server/parts/installation';
import { StartRefused } from '@tinyfat/server/parts/part';
import { cloudflareApi } from '../cloudflare/api.ts';
import { type Container, checkWorkers, deploy } from '../cloudflare/deploy.ts';
import { type DeploySettings, readDeploySettings } from '../cloudflare/deploy-settings.ts';
import { nextSteps } from '../cloudflare/next-steps.ts';
import type { DatabaseOrigin, Outcome } from '../cloudflare/resources.ts';
import { namesOf, WORKERS } from '../cloudflare/worker-configs.ts';
import { wrangler } from '../cloudflare/wrangler.ts';
import { type Run, UsageError } from '../command.ts';
import { printable } from '../output/text.ts';

interface DeployOptions {
  name: string;
  'dry-run': boolean;
  'instance-type': string;
  'most-turns': string;
}

/** The checkout. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const NAME = /^[a-z][a-z0-9-]{0,40}$/;
/** A name that is new takes a while to lead somewhere. */
const READY_TRIES = 12;
const READY_EVERY_MS = 5000;

/** Deploys, and says what is left to do; exit code 1 where a step failed or a setting is missing. */
export const deployCloudflare: Run<[], DeployOptions> = async ({ options }, config) => {
  const { name } = options;
  if (!NAME.test(name))
    throw new UsageError('--name must be small letters, digits and hyphens, and begin with a letter');
  const container = {
    instanceType: options['instance-type'],
    mostInstances: turnsAtOnce(options['most-turns']),
  };
  const read = readDeploySettings(process.env);
  if (options['dry-run']) return await dryRun(read, { name, container });
  if (!read.ok) return sayProblems(read.problems);
  const { settings } = read;
  const database = originOf(config);
  if (!database.ok) return sayProblems([database.reason]);
  const deployed = await deploy(
    {
      root: ROOT,
      api: cloudflareApi({ token: settings.token, baseUrl: settings.apiUrl, fetch }),
      wrangler,
      database: database.origin,
      prepareDatabase: () => prepareDatabase(config),
      isReady,
      ...LINES,
    },
    settings,
    { name, container },
  );
  if (!deployed.ok) return sayFailure(deployed);
  for (const line of nextSteps(settings, deployed.url)) console.log(line);
  return 0;
};

/** Each step is a line, with its end behind it. */
const LINES = {
  begin: (step: string) => void process.stdout.write(`${step} ... `),
  done: (said: string) => console.log(printable(said)),
};

/** Hyperdrive is a pooler, so it gets the address of the server itself; and it verifies whom it reaches. */
function originOf({
  database,
}: Config): { ok: true; origin: DatabaseOrigin } | { ok: false; reason: string } {
  if (database === null) return { ok: false, reason: 'DATABASE_URL must be set.' };
  const read = readPostgresAddress(database.directUrl);
  if (!read.ok) return { ok: false, reason: `DATABASE_DIRECT_URL ${read.reason}.` };
  const { address } = read;
  if (address.tls === 'disable') return { ok: true, origin: { address, authorities: null } };
  return database.authorities === null
    ? {
        ok: false,
        reason:
          'DATABASE_TLS_CA must be set to the certificate authority of the database, by which Hyperdrive knows whom it reaches.',
      }
    : { ok: true, origin: { address, authorities: database.authorities } };
}

async function dryRun(
  read: ReturnType<typeof readDeploySettings>,
  { name, container }: { name: string; container: Container },
): Promise<number> {
  const names = namesOf({ name });
  const settings: Partial<DeploySettings> = read.ok ? read.settings : {};
  const address = settings.hostname ?? `${names.worker('platform')}.(your subdomain).workers.dev`;
  console.log(`Would make, where it is missing, and bring up to date:
  database     the tables in DATABASE_URL
  bucket       ${names.bucket}
  queues       ${Object.values(names.queues).join(', ')}
  Hyperdrive   ${names.hyperdrive}, without caching
  Workers      ${WORKERS.map(names.worker).join(', ')}
  containers   ${container.instanceType}, at most ${container.mostInstances} at once
  address      https://${address}
`);
  const checked = await checkWorkers(
    { root: ROOT, wrangler, ...LINES },
    {
      name,
      accountId: null,
      hyperdriveId: '0'.repeat(32),
      hostname: settings.hostname ?? null,
      vars: settings.vars ?? {},
      secrets: Object.keys(settings.secrets ?? {}),
      container,
    },
  );
  if (!checked.ok) return sayFailure(checked);
  return read.ok ? 0 : sayProblems(read.problems);
}

/** Brings the tables up to date, and finds or makes the keys of the installation. */
async function prepareDatabase(config: Config): Promise<Outcome<{ masterKeys: string; signInKey: string }>> {
  if (config.database === null)
    return { ok: false, reason: 'There is no database.', fix: 'Set DATABASE_URL.' };
  makeDataFolder(config.dataDir);
  const db = await openPostgres(config.database);
  try {
    const keys = await installationKeys(config, { db, paths: dataPaths(config.dataDir) });
    return {
      ok: true,
      masterKeys: formatMasterKeys(keys.masterKeys),
      signInKey: formatMasterKeys([keys.signInKey]),
    };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    return { ok: false, reason: error.message, fix: error.fix };
  } finally {
    await db.destroy();
  }
}

async function isReady(url: string): Promise<string | null> {
  let last = 'nothing';
  for (let attempt = 0; attempt < READY_TRIES; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, READY_EVERY_MS));
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(READY_EVERY_MS) });
      if (answer.ok) return null;
      last = (await answer.text()).slice(0, 500);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  }
  return last;
}

function turnsAtOnce(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError('--most-turns must be a whole number from 1 to 9999');
  return Number(text);
}

function sayProblems(problems: readonly string[]): number {
  console.error('tinyfat: before it can be deployed:');
  for (const problem of problems) console.error(printable(`  ${problem}`));
  return 1;
}

function sayFailure({ reason, fix }: { reason: string; fix: string }): number {
  console.log('failed');
  for (const line of reason.split('\n')) console.error(printable(line));
  console.error(printable(`Next: ${fix}`));
  return 1;
}
