/** Secrets reach the Workers that may have them, and nobody else: no word, no line, no other user of the machine. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  filesLeft,
  KEYS,
  PASSWORD,
  SECRETS,
  type TestDeployment,
  testDeployment,
} from './test-support/deployment.ts';
import { SECRETS_OF } from './worker-configs.ts';

let test: TestDeployment;
beforeEach(async () => {
  test = await testDeployment();
});
afterEach(() => test.close());

const allSecrets = () => [
  test.cloudflare.token,
  PASSWORD,
  ...Object.values(SECRETS),
  ...Object.values(KEYS).map((key) => key.slice(3)),
];
const namesOf = (secrets: Record<string, string> | undefined) => Object.keys(secrets ?? {}).sort();

it('each Worker gets its own, the parsers of strangers’ mail none', async () => {
  await test.run();
  const [mail, sandbox, queue, platform] = test.runs;
  expect(mail?.secrets).toEqual({});
  expect(mail?.words).not.toContain('--secrets-file');
  expect(sandbox?.secrets).toEqual({
    MASTER_KEYS: KEYS.masterKeys,
    ANTHROPIC_API_KEY: SECRETS.ANTHROPIC_API_KEY,
  });
  expect(namesOf(queue?.secrets)).toEqual(['RESEND_API_KEY', 'RESEND_WEBHOOK_SECRET']);
  expect(namesOf(platform?.secrets)).toEqual(['RESEND_API_KEY', 'RESEND_WEBHOOK_SECRET', 'SIGN_IN_KEY']);
  for (const { config, secrets } of test.runs) {
    expect(config.secrets).toEqual({ required: expect.arrayContaining(Object.keys(secrets)) });
    for (const name of Object.values(SECRETS_OF).flat()) expect(config.vars).not.toHaveProperty(name);
    for (const secret of allSecrets()) expect(JSON.stringify(config)).not.toContain(secret);
  }
});

it('the files are this user’s alone, and gone after success and failure', async () => {
  await test.run();
  test.wranglerFails = ['no'];
  await test.run();
  expect(test.runs).toHaveLength(5);
  for (const { modes } of test.runs)
    expect([
      [0o700, 0o600],
      [0o700, 0o600, 0o600],
    ]).toContainEqual(modes);
  expect(filesLeft(test.runs)).toEqual([]);
});

it('they are gone as well where wrangler can not be run', async () => {
  let folder = '';
  test.deps.wrangler = async (_, run) => {
    folder = run.folder;
    throw new Error('spawn failed');
  };
  await expect(test.run()).rejects.toThrow('spawn failed');
  expect(folder).not.toBe('');
  expect(filesLeft([{ folder, words: [], environment: {}, config: {}, secrets: {}, modes: [] }])).toEqual([]);
});

it('no secret is in the words of wrangler or in what is said, whatever wrangler and Cloudflare repeat', async () => {
  await test.run();
  for (const { words, environment } of test.runs) {
    for (const secret of allSecrets()) expect(words.join(' ')).not.toContain(secret);
    expect(environment).toEqual({
      CLOUDFLARE_API_TOKEN: test.cloudflare.token,
      CLOUDFLARE_API_BASE_URL: test.cloudflare.url,
    });
  }
  test.wranglerFails = [`It was given ${[...allSecrets(), ...Object.values(KEYS)].join(' ')}`];
  test.deps.isReady = async () => `${allSecrets()}`;
  const said = JSON.stringify([await test.run(), await test.run(), test.lines]);
  expect(said).toContain('It was given (secret)');
  expect(said).toContain('/health/ready says: (secret)');
  for (const secret of allSecrets()) expect(said).not.toContain(secret);
});

it('no secret is in what Cloudflare’s API repeats', async () => {
  const { cloudflare } = test;
  cloudflare.accounts.forEach((account) => {
    // An authority that vanishes before Hyperdrive is told of it: the refusal repeats the password.
    account.certificates.push = (...made) => made.length;
  });
  const failed = await test.run();
  expect(failed).toMatchObject({
    ok: false,
    reason: expect.stringContaining('No such certificate ((secret))'),
  });
});
