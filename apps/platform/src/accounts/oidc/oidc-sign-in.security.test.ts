/** Answers of a provider that prove nothing: by somebody who has its network, its other clients, or its name. */
import {
  type ForgedOpenIdProvider,
  openForgedOpenIdProvider,
} from '@tinyfat/testing/stand-ins/forged-openid-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OidcSignIn } from '../contract.ts';
import { type AccountsFixture, ANN, browserWith, CLIENT, openAccounts } from '../test-support/accounts.ts';

describe('an answer of a provider', () => {
  let fixture: AccountsFixture;
  let provider: ForgedOpenIdProvider;
  let oidc: OidcSignIn;
  const open = async () => {
    const accounts = await fixture.another({ oidc: provider.settings });
    if (accounts.oidc === null) throw new Error('it is not set');
    return accounts.oidc;
  };
  beforeAll(async () => {
    provider = await openForgedOpenIdProvider();
    fixture = await openAccounts();
    oidc = await open();
  });
  beforeEach(() => {
    Object.assign(provider, {
      claims: {},
      header: {},
      userinfo: {},
      signature: 'own',
      withoutIdToken: false,
    });
    provider.asked.length = 0;
  });
  afterAll(async () => {
    await fixture.dispose();
    await provider.close();
  });

  const answered = async (change: Record<string, string> = {}) => {
    const started = await oidc.start({ clientAddress: CLIENT, to: '/' });
    if (!started.ok) return started;
    const asked = new URL(started.location).searchParams;
    provider.nonce = asked.get('nonce') ?? '';
    const query = new URLSearchParams({ state: asked.get('state') ?? '', code: 'code', ...change });
    return await oidc.finish(query, browserWith(started.cookies));
  };
  const past = Math.floor(Date.now() / 1000) - 3600;

  it('signs in where nothing is wrong, with the verifier of this way', async () => {
    expect(await answered({ iss: provider.settings.issuer })).toMatchObject({ ok: true });
    expect(provider.asked[0]?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'other-client' }],
    ['another client among the audiences', { aud: ['tinyfat', 'other-client'], azp: 'other-client' }],
    ['no audience', { aud: undefined }],
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['no subject', { sub: undefined }],
    ['an end in the past', { exp: past }],
    ['no end', { exp: undefined }],
  ])('is refused with an ID token of %s', async (_, claims) => {
    provider.claims = claims;
    expect(await answered()).toMatchObject({ ok: false, problem: 'refused' });
  });

  it.each<[string, Partial<ForgedOpenIdProvider>]>([
    ['signed by another key', { signature: 'foreign' }],
    ['without a signature', { signature: 'none', header: { alg: 'none' } }],
    ['signed with a public key as a secret', { signature: 'own', header: { alg: 'HS256' } }],
    [
      'that is missing',
      { withoutIdToken: true, userinfo: { sub: 'person', email: ANN, email_verified: true } },
    ],
  ])('is refused with an ID token %s', async (_, change) => {
    Object.assign(provider, change);
    expect(await answered()).toMatchObject({ ok: false, problem: 'refused' });
  });

  it.each<[unknown]>([['true'], [1], [null], [undefined], [['true']], [false]])(
    'does not make an address verified by %j',
    async (email_verified) => {
      provider.claims = { email_verified };
      expect(await answered()).toMatchObject({ ok: false, problem: 'unverified' });
    },
  );

  it('about another person by the access token is refused', async () => {
    provider.claims = { email: undefined, email_verified: undefined };
    provider.userinfo = { sub: 'other', email: ANN, email_verified: true };
    expect(await answered()).toMatchObject({ ok: false, problem: 'refused' });
  });

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }, 'refused'],
    ['without a code', { code: '' }, 'refused'],
    ['with an error', { error: 'access_denied' }, 'denied'],
    ['with another state', { state: 'A'.repeat(43) }, 'over'],
  ])('%s asks for no token', async (_, change, problem) => {
    expect(await answered(change)).toMatchObject({ ok: false, problem });
    expect(provider.asked).toEqual([]);
  });

  it('with two states is none', async () => {
    const query = new URLSearchParams('state=a&state=b&code=x');
    expect(await oidc.finish(query, new Headers())).toMatchObject({ ok: false, problem: 'over' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['names itself otherwise', { issuer: 'https://other.example' }],
    ['names no keys', { jwks_uri: undefined }],
  ])('does not come from a provider that %s', async (_, discovery) => {
    provider.discovery = discovery;
    const anew = await open();
    expect(await anew.start({ clientAddress: CLIENT, to: '/' })).toEqual({
      ok: false,
      problem: 'unreachable',
    });
    expect(fixture.log.join('\n')).toContain('oidc_unreachable');
  });

  it('leads to no other origin, whatever page was asked for', async () => {
    const started = await oidc.start({ clientAddress: CLIENT, to: '//evil.example/' });
    expect(started.ok).toBe(true);
    const row = await fixture.db.selectFrom('oidc_requests').select('return_to').executeTakeFirst();
    expect(row).toEqual({ return_to: '/' });
  });

  it('leaves no code, token or address in the log', async () => {
    provider.claims = { nonce: 'other' };
    await answered({ code: 'the-secret-code' });
    expect(fixture.log.join('\n')).not.toMatch(/the-secret-code|ann@example\.com|eyJ/);
  });
});
