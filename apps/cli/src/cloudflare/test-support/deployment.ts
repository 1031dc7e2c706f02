/** A deployment to the stand-in for Cloudflare's API, with a wrangler that does nothing but look at what it is given. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { type CloudflareStandIn, startCloudflareStandIn } from '@tinyfat/testing/stand-ins/cloudflare';
import { secretsOf } from '../../faults/explain-to-operator.ts';
import { silencer } from '../../faults/report-fault.ts';
import { cloudflareApi } from '../api.ts';
import { type DeployDeps, deploy } from '../deploy.ts';
import { readDeploySettings } from '../deploy-settings.ts';
import type { wrangler } from '../wrangler.ts';

export const AUTHORITY = makeCertificate({ names: ['Authority'], authority: true }).cert;
export const PASSWORD = 'pass-of-database';
export const KEYS = { masterKeys: `k1:${'m'.repeat(43)}=`, signInKey: `s1:${'s'.repeat(43)}=` };
export const SECRETS = {
  RESEND_API_KEY: 're_abcdefgh',
  RESEND_WEBHOOK_SECRET: `whsec_${'B'.repeat(32)}`,
  ANTHROPIC_API_KEY: 'sk-ant-abcdefgh',
};

/** One run of wrangler, and what lay where it was told to look. */
export interface SeenRun {
  words: string[];
  environment: Record<string, string>;
  folder: string;
  config: Record<string, unknown>;
  secrets: Record<string, string>;
  /** Access to the files. */
  modes: number[];
}

export interface TestDeployment {
  cloudflare: CloudflareStandIn;
  /** Settings; those of the token are there. */
  environment: Record<string, string>;
  runs: SeenRun[];
  /** Steps that were said, and how they ended. */
  lines: string[];
  /** What was changed, in order: requests that write, the database, Workers. */
  events: string[];
  /** Replaces parts of it. */
  deps: Partial<DeployDeps>;
  /** What the next runs of wrangler print before they fail. */
  wranglerFails: string[];
  run(name?: string, adopt?: boolean): ReturnType<typeof deploy>;
  close(): Promise<void>;
}

/** Made anew for each test. */
export async function testDeployment(): Promise<TestDeployment> {
  const cloudflare = await startCloudflareStandIn();
  const root = mkdtempSync(join(tmpdir(), 'tinyfat-checkout-'));
  for (const path of ['deploy/agent-packages.txt', 'apps/step-mom/skills/a', 'dist/step-mom/main.js']) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  mkdirSync(join(root, 'dist/platform/client'), { recursive: true });
  const test: TestDeployment = {
    cloudflare,
    environment: {
      CLOUDFLARE_API_TOKEN: cloudflare.token,
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
      DATABASE_URL: `postgresql://postgres:${PASSWORD}@db.example.com:5432/postgres`,
      MAIL_DOMAIN: 'agents.example.com',
      ADMIN_EMAILS: 'you@example.com',
      ...SECRETS,
    },
    runs: [],
    lines: [],
    events: [],
    deps: {},
    wranglerFails: [],
    async run(name = 'tinyfat', adopt = false) {
      const read = readDeploySettings(test.environment);
      if (!read.ok) throw new Error(read.problems.join('\n'));
      const { settings } = read;
      const hide = silencer(secretsOf(test.environment));
      const seenFetch: typeof fetch = (input, init) => {
        const path = String(input).replace(/^.*\/accounts\/\w+/, '');
        if (init?.method !== 'GET') test.events.push(`${init?.method} ${path}`);
        return fetch(input, init);
      };
      const access = { token: settings.token, baseUrl: settings.apiUrl, fetch: seenFetch, hide };
      return await deploy(
        {
          root,
          api: cloudflareApi(access),
          wrangler: fakeWrangler(test),
          dockerProblem: async () => null,
          database: {
            address: {
              host: 'db.example.com',
              port: 5432,
              user: 'postgres',
              password: PASSWORD,
              database: 'postgres',
              tls: 'verify-full',
            },
            authorities: AUTHORITY,
          },
          async prepareDatabase() {
            test.events.push('database');
            return { ok: true, ...KEYS };
          },
          isReady: async () => null,
          begin: (step) => void test.lines.push(step),
          done: (said) => void test.lines.push(`  ${said}`),
          ...test.deps,
        },
        settings,
        { name, adopt, container: { instanceType: 'standard-1', mostInstances: 20 } },
      );
    },
    async close() {
      rmSync(root, { recursive: true, force: true });
      await cloudflare.close();
    },
  };
  return test;
}

/** It leaves at Cloudflare what the real one leaves there. */
function fakeWrangler(test: TestDeployment): typeof wrangler {
  return async (words, { folder, environment = {} }) => {
    const at = (option: string) => words[words.indexOf(option) + 1] ?? '';
    const paths = [at('--config'), ...(words.includes('--secrets-file') ? [at('--secrets-file')] : [])];
    const [config, secrets = {}] = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
    const modes = [folder, ...paths].map((path) => statSync(path).mode & 0o777);
    test.runs.push({ words: [...words], environment: { ...environment }, folder, config, secrets, modes });
    const output = test.wranglerFails.shift();
    if (output !== undefined) return { code: 1, output };
    test.events.push(`Worker ${config.name}`);
    const [account] = test.cloudflare.accounts;
    const before = account?.scripts.get(config.name) ?? [];
    account?.scripts.set(config.name, new Set([...before, ...Object.keys(secrets)]));
    for (const { queue } of config.queues?.consumers ?? []) {
      const found = account?.queues.find(({ queue_name }) => queue_name === queue);
      if (!found) return { code: 1, output: `Queue "${queue}" does not exist.` };
      found.consumers = [{ consumer_id: `of-${queue}`, script: config.name }];
    }
    for (const { name } of config.containers ?? []) {
      if (account && !account.applications.some((one) => one.name === name))
        account.applications.push({ id: `app-${name}`, name });
    }
    return { code: 0, output: 'Total Upload: 1 KiB' };
  };
}

/** Whether anything that wrangler was given is still there. */
export function filesLeft(runs: readonly SeenRun[]): string[] {
  return runs.map(({ folder }) => folder).filter((folder) => existsSync(folder));
}
