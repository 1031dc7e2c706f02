/** Whom a deployment to Cloudflare is for, and under which name it is reached: what is refused, and what to do then. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestDeployment, testDeployment } from './test-support/deployment.ts';

let test: TestDeployment;
beforeEach(async () => {
  test = await testDeployment();
});
afterEach(() => test.close());

const account = () => {
  const [first] = test.cloudflare.accounts;
  if (!first) throw new Error('no account');
  return first;
};

describe('who may', () => {
  it('names every right that the token lacks, before anything is made', async () => {
    for (const right of ['queues', 'containers', 'certificates'] as const)
      test.cloudflare.rights.delete(right);
    expect(await test.run()).toMatchObject({
      ok: false,
      reason:
        'The token lacks rights: "Account · Queues · Edit", "Account · Containers · Edit", "Account · SSL and Certificates · Edit".',
    });
    expect(test.events).toEqual([]);
  });

  it('names a right to write that is missing when it writes', async () => {
    test.cloudflare.fail({ method: 'POST', path: '/hyperdrive/configs', kind: 'forbidden' });
    expect(await test.run()).toMatchObject({
      ok: false,
      fix: expect.stringContaining('"Account · Hyperdrive · Edit"'),
    });
  });

  it('tells R2 that is off from a right', async () => {
    account().hasR2 = false;
    expect(await test.run()).toMatchObject({ ok: false, fix: expect.stringContaining('Switch R2 on') });
    account().hasR2 = true;
    expect(await test.run()).toMatchObject({ ok: true });
  });

  it('asks which of several accounts', async () => {
    const other = Object.assign(Object.create(account()), { id: 'f'.repeat(32), name: 'Other' });
    test.cloudflare.accounts.push(other);
    const failed = await test.run();
    expect(failed).toMatchObject({ ok: false, fix: 'Set CLOUDFLARE_ACCOUNT_ID to one of them.' });
    expect(failed.ok ? '' : failed.reason).toContain(`${'f'.repeat(32)} (Other)`);
    test.environment.CLOUDFLARE_ACCOUNT_ID = account().id;
    expect(await test.run()).toMatchObject({ ok: true });
    test.environment.CLOUDFLARE_ACCOUNT_ID = 'e'.repeat(32);
    expect(await test.run()).toMatchObject({ ok: false, reason: expect.stringContaining('does not reach') });
  });

  it('says what to do where the token is none, or sees no account', async () => {
    test.cloudflare.rights.delete('account');
    expect(await test.run()).toMatchObject({
      ok: false,
      fix: expect.stringContaining('"Account · Account Settings · Read"'),
    });
    test.environment.CLOUDFLARE_API_TOKEN = 'another-token';
    expect(await test.run()).toMatchObject({
      ok: false,
      fix: expect.stringContaining('set CLOUDFLARE_API_TOKEN'),
    });
  });
});

describe('the address', () => {
  it('is asked for where the account has none', async () => {
    account().subdomain = null;
    expect(await test.run()).toMatchObject({
      ok: false,
      fix: expect.stringContaining('Open Workers & Pages once'),
    });
  });

  it('is left to another Worker that has it, before anything is made', async () => {
    test.environment.PUBLIC_URL = 'https://agents.example.com';
    account().domains.push({ id: 'x', hostname: 'agents.example.com', service: 'shop' });
    expect(await test.run()).toMatchObject({
      ok: false,
      reason: 'agents.example.com leads to the Worker shop already.',
    });
    expect(test.events).toEqual([]);
  });

  it('is left as it is where it has DNS rows', async () => {
    test.environment.PUBLIC_URL = 'https://agents.example.com';
    account().dnsRows = ['agents.example.com'];
    expect(await test.run()).toMatchObject({
      ok: false,
      reason: expect.stringContaining('externally managed DNS records'),
      fix: expect.stringContaining('have no DNS rows yet'),
    });
    account().dnsRows = [];
    expect(await test.run()).toMatchObject({ ok: true });
  });
});
