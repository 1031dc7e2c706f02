/** Signing in by an OpenID provider, in a real Chromium: from the page that was asked for to the provider and back. */
import { type OpenIdProvider, openOpenIdProvider } from '@tinyfat/testing/stand-ins/openid-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, type Page, startBrowser } from '../support/browser.ts';
import { expectReadable, OWNER } from '../support/dashboard.ts';
import { ownAddress, startTinyfat, type Tinyfat } from '../support/tinyfat.ts';

describe('the sign-in page of a server with an OpenID provider', () => {
  let provider: OpenIdProvider;
  let server: Tinyfat;
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    const host = ownAddress();
    origin = `http://${host}:8025`;
    provider = await openOpenIdProvider(`${origin}/sign-in/oidc/callback`, {
      email: OWNER,
      email_verified: true,
    });
    const { issuer, clientId, clientSecret } = provider.settings;
    [server, browser] = await Promise.all([
      startTinyfat({
        agents: { scout: [] },
        environment: {
          HOST: host,
          PUBLIC_URL: origin,
          SMTP_HOST: host,
          OIDC_ISSUER: issuer,
          OIDC_CLIENT_ID: clientId,
          OIDC_CLIENT_SECRET: clientSecret,
        },
      }),
      startBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.dispose();
    await provider?.close();
  });
  beforeEach(() => {
    provider.denies = false;
    provider.person = { email: OWNER, email_verified: true };
  });

  /** A page of a browser that may go to the provider, without scripts; fails where one breaks the policy. */
  const open = async (look: (page: Page) => Promise<void>) => {
    const context = await browser.newContext({ baseURL: origin, javaScriptEnabled: false });
    context.setDefaultTimeout(110_000);
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of'))
        complaints.push(message.text());
    });
    try {
      await look(await context.newPage());
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  };
  const button = (page: Page) => page.getByRole('link', { name: /^Sign in with 127\.0\.0\.1/ });

  it('leads to the provider, and back to the page that was asked for', async () => {
    await open(async (page) => {
      await page.goto('/settings?from=a%26b');
      expect(page.url()).toBe(`${origin}/sign-in?to=%2Fsettings%3Ffrom%3Da%2526b`);
      await button(page).click();
      expect(page.url()).toBe(`${origin}/settings?from=a%26b`);
      await page.getByText(OWNER).first().waitFor();
      await page.goto('/sign-in/oidc?to=/settings/tokens');
      expect(page.url()).toBe(`${origin}/settings/tokens`);
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await page.goto('/settings');
      expect(page.url()).toContain('/sign-in?to=');
    });
  });

  it.each<[string, () => void, RegExp]>([
    ['the person refused there', () => Object.assign(provider, { denies: true }), /it was ended there/],
    [
      'the address is not verified',
      () => Object.assign(provider.person, { email_verified: false }),
      /does not say that your address is verified/,
    ],
    [
      'the address may not sign in',
      () => Object.assign(provider.person, { email: 'stranger@example.net' }),
      /may not sign in here/,
    ],
  ])('says in words that %s', async (_, change, words) => {
    change();
    await open(async (page) => {
      await page.goto('/sign-in');
      await button(page).click();
      expect(await page.getByRole('alert').textContent()).toMatch(words);
      await button(page).waitFor();
      await page.goto('/settings');
      expect(page.url()).toContain('/sign-in');
    });
  });

  it('can be read by everybody', async () => {
    const context = await browser.newContext({ baseURL: origin, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto('/sign-in?problem=unverified');
    await expectReadable(page);
    await context.close();
  });

  it.each(['cross-site', 'same-site'])('is not passed by for a link on a %s page', async (site) => {
    const answer = await fetch(`${origin}/sign-in/oidc?to=/mails`, {
      redirect: 'manual',
      headers: { 'sec-fetch-site': site },
    });
    expect(answer.headers.get('location')).toBe('/sign-in?to=%2Fmails');
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});
