/** `tinyfat deploy cloudflare`: an installation on Cloudflare, made or brought up to date. */
import { type DnsRows, resendDnsRows } from '@tinyfat/mail';
import { programPaths } from '@tinyfat/server/program';
import { cloudflareApi } from '../cloudflare/api.ts';
import { type Container, deploy } from '../cloudflare/deploy.ts';
import { type DeploySettings, readDeploySettings } from '../cloudflare/deploy-settings.ts';
import { dockerProblem } from '../cloudflare/docker.ts';
import { installationName } from '../cloudflare/installation-name.ts';
import { nextSteps } from '../cloudflare/next-steps.ts';
import { originOf, prepareDatabase } from '../cloudflare/prepare-database.ts';
import { namesOf, WORKERS } from '../cloudflare/worker-configs.ts';
import { checkWorkers } from '../cloudflare/workers.ts';
import { wrangler } from '../cloudflare/wrangler.ts';
import { type Run, UsageError } from '../command.ts';
import { secretsOf } from '../faults/explain-to-operator.ts';
import { silencer } from '../faults/report-fault.ts';
import { printable } from '../output/text.ts';

interface DeployOptions {
  name: string;
  'dry-run': boolean;
  adopt: boolean;
  'instance-type': string;
  'most-turns': string;
}

/** Consumers at once of a queue at most. */
const MOST_TURNS = 250;
/** A name that is new takes a while to lead somewhere. */
const READY_TRIES = 12;
const READY_EVERY_MS = 5000;

/** Deploys, and says what is left to do; exit code 1 where a step failed or a setting is missing. */
export const deployCloudflare: Run<[], DeployOptions> = async ({ options }, config) => {
  const name = installationName(options.name);
  const container = {
    instanceType: options['instance-type'],
    mostInstances: turnsAtOnce(options['most-turns']),
  };
  const read = readDeploySettings(process.env);
  const database = originOf(config);
  const problems = [
    ...(read.ok ? [] : read.problems),
    // One that is not set is among them already.
    ...(database.ok || config.database === null ? [] : [database.reason]),
  ];
  if (options['dry-run']) return await dryRun(read.ok ? read.settings : null, problems, { name, container });
  if (!read.ok || !database.ok) return sayProblems(problems);
  const { settings } = read;
  const hide = silencer(secretsOf(process.env));
  const deployed = await reported(
    deploy(
      {
        root: programPaths.root,
        api: cloudflareApi({ token: settings.token, baseUrl: settings.apiUrl, fetch, hide }),
        wrangler,
        dockerProblem,
        database: database.origin,
        prepareDatabase: () => prepareDatabase(config, options),
        isReady,
        ...LINES,
      },
      settings,
      { name, container, adopt: options.adopt },
    ),
  );
  if (!deployed.ok) return sayFailure(deployed);
  const rows = await dnsRows(settings);
  for (const line of nextSteps(settings, deployed.url, rows)) console.log(line);
  return 0;
};

/** Where mail goes through Resend. */
async function dnsRows({ vars, secrets }: DeploySettings): Promise<DnsRows> {
  const { RESEND_API_KEY: key } = secrets;
  const { MAIL_DOMAIN: domain } = vars;
  if (key === undefined || domain === undefined) return null;
  const baseUrl = vars.RESEND_BASE_URL ?? 'https://api.resend.com';
  return await resendDnsRows({ key, baseUrl, fetch }, domain);
}

/** Each step is a line, with its end behind it. */
const LINES = {
  begin: (step: string) => void process.stdout.write(`${step} ... `),
  done: (said: string) => console.log(printable(said)),
};

/** Ends the line of the step that was broken off, such as by a database that is away. */
async function reported<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    console.log('failed');
    throw error;
  }
}

async function dryRun(
  settings: DeploySettings | null,
  problems: readonly string[],
  { name, container }: { name: string; container: Container },
): Promise<number> {
  const names = namesOf({ name });
  const address = settings?.hostname ?? `${names.worker('platform')}.(your subdomain).workers.dev`;
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
    { root: programPaths.root, wrangler, ...LINES },
    {
      name,
      accountId: null,
      hyperdriveId: '0'.repeat(32),
      hostname: settings?.hostname ?? null,
      vars: settings?.vars ?? {},
      secrets: Object.keys(settings?.secrets ?? {}),
      container,
    },
  );
  if (!checked.ok) return sayFailure(checked);
  return problems.length > 0 ? sayProblems(problems) : 0;
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
  const turns = Number(text);
  if (!/^[1-9]\d{0,2}$/.test(text) || turns > MOST_TURNS)
    throw new UsageError(`--most-turns must be a whole number from 1 to ${MOST_TURNS}`);
  return turns;
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
