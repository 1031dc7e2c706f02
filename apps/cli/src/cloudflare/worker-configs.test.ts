/** What each Worker is given. */
import { COMPATIBILITY } from '@tinyfat/testing/bundle-worker';
import { describe, expect, it } from 'vitest';
import { imagePaths } from './image-context.ts';
import { type Deployment, SECRETS_OF, WORKERS, workerConfigs } from './worker-configs.ts';

const DEPLOYMENT: Deployment = {
  name: 'tinyfat',
  accountId: null,
  hyperdriveId: '0'.repeat(32),
  hostname: 'agents.example.com',
  vars: { MAIL_DOMAIN: 'agents.example.com', PUBLIC_URL: 'https://agents.example.com' },
  secrets: ['MASTER_KEYS', 'SIGN_IN_KEY', 'ANTHROPIC_API_KEY', 'RESEND_API_KEY'],
  container: { instanceType: 'standard-1', mostInstances: 20 },
};
const configs = workerConfigs('/checkout', DEPLOYMENT);

describe('the configurations of Workers', () => {
  it('give the keys of owners and of the operator to no Worker but the one that runs turns', () => {
    const holders = WORKERS.filter((name) =>
      SECRETS_OF[name].some((secret) => ['MASTER_KEYS', 'ANTHROPIC_API_KEY'].includes(secret)),
    );
    expect(holders).toEqual(['sandbox']);
  });

  it('give the parsers of strangers’ mail nothing that is worth anything', () => {
    const { vars, main, name, compatibility_date, compatibility_flags, ...rest } = configs.mail;
    expect(vars).toEqual({ MAIL_DOMAIN: 'agents.example.com' });
    expect(rest).toEqual({
      workers_dev: false,
      limits: { cpu_ms: 10_000 },
      observability: { enabled: true },
      send_metrics: false,
      secrets: { required: [] },
    });
  });

  it('bind each Worker to those before it only, so that they can be deployed in their order', () => {
    for (const [index, name] of WORKERS.entries()) {
      const before = WORKERS.slice(0, index + 1).map((one) => `tinyfat-${one}`);
      const { services = [], durable_objects } = JSON.parse(JSON.stringify(configs[name]));
      const bound = [
        ...services.map((one: { service: string }) => one.service),
        ...(durable_objects?.bindings ?? []).flatMap(
          (one: { script_name?: string }) => one.script_name ?? [],
        ),
      ];
      expect(before).toEqual(expect.arrayContaining(bound));
    }
  });

  it('name the secrets that are set, and tell consumer and pages whether the operator pays', () => {
    expect(configs.sandbox.secrets).toEqual({ required: ['MASTER_KEYS', 'ANTHROPIC_API_KEY'] });
    const withoutKey = workerConfigs('/checkout', { ...DEPLOYMENT, secrets: ['MASTER_KEYS'] });
    for (const of of ['queue', 'platform'] as const) {
      expect(configs[of].vars).toMatchObject({ OPERATOR_PAYS: 'yes' });
      expect(withoutKey[of].vars).not.toHaveProperty('OPERATOR_PAYS');
    }
  });

  it('build the image of turns from the folder that is made for it, not from the whole checkout', () => {
    const { dockerfile, context } = imagePaths('/checkout');
    expect(configs.sandbox.containers).toMatchObject([{ image: dockerfile, image_build_context: context }]);
  });

  it('open one address to the world', () => {
    const open = (of: typeof configs) => WORKERS.filter((name) => of[name].workers_dev || of[name].routes);
    expect(open(workerConfigs('/checkout', { ...DEPLOYMENT, hostname: null }))).toEqual(['platform']);
    // A name of their own is led to it by the API: wrangler would write over DNS rows without asking.
    expect(open(configs)).toEqual([]);
  });

  it('let no more consumers run than there are containers', () => {
    expect(configs.queue).toMatchObject({
      vars: { WORKERS: '20' },
      queues: { consumers: [{ queue: 'tinyfat-jobs', max_batch_size: 1, max_concurrency: 20 }, {}, {}] },
    });
  });

  it('are bundled for the runtime of the tests of Workers', () => {
    for (const name of WORKERS)
      expect(configs[name]).toMatchObject({
        compatibility_date: COMPATIBILITY.compatibilityDate,
        compatibility_flags: expect.arrayContaining(COMPATIBILITY.compatibilityFlags),
      });
  });

  it('let what agents ask for reach the public internet and nothing else', () => {
    expect(configs.sandbox).toMatchObject({
      compatibility_flags: expect.arrayContaining(['global_fetch_strictly_public']),
    });
  });
});
