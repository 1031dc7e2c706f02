/** Signing in by an OpenID provider: the way there and back, against one that is certified. */
import { type OpenIdProvider, openOpenIdProvider } from '@tinyfat/testing/stand-ins/openid-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Accounts, OidcSignIn } from '../contract.ts';
import {
  type AccountsFixture,
  ADMIN,
  ANN,
  browserWith,
  CLIENT,
  openAccounts,
  STRANGER,
} from '../test-support/accounts.ts';
import { oidcProblemPath } from './problem-text.ts';

const PUBLIC_URL = 'https://agents.example';
const CALLBACK = `${PUBLIC_URL}/sign-in/oidc/callback`;

describe('signing in by an OpenID provider', () => {
  let fixture: AccountsFixture;
  let provider: OpenIdProvider;
  let accounts: Accounts;
  let oidc: OidcSignIn;
  beforeAll(async () => {
    provider = await openOpenIdProvider(CALLBACK, { email: ANN, email_verified: true });
    fixture = await openAccounts(PUBLIC_URL);
    accounts = await fixture.another({ oidc: provider.settings });
    if (accounts.oidc === null) throw new Error('it is not set');
    oidc = accounts.oidc;
  });
  afterAll(async () => {
    await fixture.dispose();
    await provider.close();
  });
  beforeEach(() => {
    provider.person = { email: ANN, email_verified: true };
    provider.denies = false;
  });

  const begin = async (to = '/') => {
    const started = await oidc.start({ clientAddress: CLIENT, to });
    if (!started.ok) throw new Error(started.problem);
    return { browser: browserWith(started.cookies), location: started.location };
  };
  /** What a browser brings back that follows the provider. */
  const comeBack = async (location: string) => {
    let at = new URL(location);
    const cookies = new Map<string, string>();
    for (let hops = 0; hops < 10 && at.origin !== PUBLIC_URL; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [pair = ''] = set.split(';');
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      at = new URL(answer.headers.get('location') ?? '', at);
    }
    expect(at.href.startsWith(CALLBACK)).toBe(true);
    return at.searchParams;
  };
  const signIn = async (to?: string) => {
    const { browser, location } = await begin(to);
    return await oidc.finish(await comeBack(location), browser);
  };

  it('gives the same session as a mailed link, and the page that was asked for', async () => {
    const done = await signIn('/mails?state=held');
    expect(done).toMatchObject({ ok: true, to: '/mails?state=held' });
    const browser = browserWith(done.cookies);
    expect(await accounts.viewer(browser)).toMatchObject({ address: ANN, isAdmin: false });
    await accounts.signOut(browser);
    expect(await accounts.viewer(browser)).toBeNull();
  });

  it('takes the address as canonical, and knows an admin by it', async () => {
    provider.person.email = 'Root@EXAMPLE.com';
    expect(await accounts.viewer(browserWith((await signIn()).cookies))).toMatchObject({
      address: ADMIN,
      isAdmin: true,
    });
  });

  it.each([
    [
      'an address that the provider does not call verified',
      { email: ANN, email_verified: false },
      'unverified',
    ],
    ['what is no address', { email: 'ann', email_verified: true }, 'unverified'],
    ['an address that may not sign in', { email: STRANGER, email_verified: true }, 'not_admitted'],
  ])('refuses %s', async (_, person, problem) => {
    provider.person = person;
    const done = await signIn('/mails?state=held');
    expect(done).toMatchObject({ ok: false, problem, to: '/mails?state=held' });
    if (!done.ok)
      expect(oidcProblemPath(done.problem, done.to)).toBe(
        `/sign-in?to=%2Fmails%3Fstate%3Dheld&problem=${problem}`,
      );
    expect(browserWith(done.cookies).get('cookie')).toBeNull();
  });

  it('says that it was ended at the provider', async () => {
    provider.denies = true;
    expect(await signIn()).toMatchObject({ ok: false, problem: 'denied' });
  });

  it('takes an answer once, in the browser that began, within ten minutes', async () => {
    const { browser, location } = await begin();
    const answer = await comeBack(location);
    const other = await begin();
    expect(await oidc.finish(answer, new Headers())).toMatchObject({ ok: false, problem: 'over' });
    expect(await oidc.finish(answer, other.browser)).toMatchObject({ ok: false, problem: 'over' });
    expect(await oidc.finish(answer, browser)).toMatchObject({ ok: true });
    expect(await oidc.finish(answer, browser)).toMatchObject({ ok: false, problem: 'over' });
    const late = await comeBack(other.location);
    fixture.now += 10 * 60_000;
    expect(await oidc.finish(late, other.browser)).toMatchObject({ ok: false, problem: 'over' });
  });

  it('does not take a code that was used', async () => {
    const { browser, location } = await begin();
    const answer = await comeBack(location);
    expect(await oidc.finish(answer, browser)).toMatchObject({ ok: true });
    const again = await begin();
    const state = new URL(again.location).searchParams.get('state') ?? '';
    answer.set('state', state);
    expect(await oidc.finish(answer, again.browser)).toMatchObject({ ok: false, problem: 'refused' });
  });

  it('stores neither state, verifier nor nonce', async () => {
    const { location } = await begin();
    const rows = JSON.stringify(await fixture.db.selectFrom('oidc_requests').selectAll().execute());
    const query = new URL(location).searchParams;
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(query.get(name)).toMatch(/^[\w-]{43}$/);
      expect(rows).not.toContain(query.get(name));
    }
    expect(query.get('code_challenge_method')).toBe('S256');
    expect(query.get('scope')).toBe('openid email');
  });

  it('lets one network begin sixty times an hour', async () => {
    const client = '198.51.100.9';
    for (let times = 0; times < 60; times++) {
      expect(await oidc.start({ clientAddress: client, to: '/' })).toMatchObject({ ok: true });
    }
    expect(await oidc.start({ clientAddress: client, to: '/' })).toEqual({ ok: false, problem: 'too_many' });
    expect(await oidc.start({ clientAddress: CLIENT, to: '/' })).toMatchObject({ ok: true });
  });
});
