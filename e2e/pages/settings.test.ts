/** The settings in a real Chromium: without scripts where something is decided, and for admins the whole server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';

const ADMIN = 'root@example.com';
const OF_ADMINS = [
  '/server',
  '/server?stop=ask',
  '/server/owners',
  '/server/webhooks',
  '/retention?look=now',
];

describe('the settings', () => {
  let dashboard: Dashboard;
  let admin: string;
  beforeAll(async () => {
    dashboard = await openDashboard({ agents: { scout: [] }, environment: { ADMIN_EMAILS: ADMIN } });
    admin = await dashboard.signIn(ADMIN);
  });
  afterAll(() => dashboard?.dispose());

  const plain = { javaScript: false };

  it.each([
    [390, 'light'],
    [1440, 'dark'],
  ] as const)('of admins can be read at %i px in the %s', async (width, colorScheme) => {
    const look = async (paths: string[], cookie: string) =>
      await dashboard.visit(
        async (page) => {
          for (const path of paths) {
            const answer = await page.goto(`/settings${path}`);
            expect([path, answer?.status()]).toEqual([path, 200]);
            await expectReadable(page);
            await screenshot(page, `settings${path.replaceAll(/\W/g, '-')}-${colorScheme}-${width}`);
          }
        },
        { width, colorScheme, cookie },
      );
    await look(OF_ADMINS, admin);
  });

  it('keep appearance and time zone in the browser, without scripts', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/settings');
      await page.getByLabel('Dark').check();
      await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
      await page.getByRole('button', { name: 'Save' }).click();
      expect(await page.getByRole('status').textContent()).toContain('Saved');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
      await page.goto('/settings/browsers');
      expect(await page.locator('time').first().getAttribute('title')).toMatch(/GMT\+9$/);
      const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe('rgb(19, 21, 24)');
    }, plain);
  });

  it('follow the browser into another time zone, and take that for no choice', async () => {
    await dashboard.visit(async (page) => {
      const before = { name: 'tinyfat_browser_zone', value: 'Asia%2FTokyo', url: dashboard.origin };
      await page.context().addCookies([before]);
      await page.goto('/settings/browsers');
      const time = page.locator('time').first();
      await expect.poll(() => time.getAttribute('title')).toMatch(/CET$/);
      await page.goto('/settings');
      expect(await page.getByLabel('Time zone').inputValue()).toBe('');
      expect(await page.getByText('Europe/Berlin: this browser says so').count()).toBe(1);
    });
  });

  it('show a new token once, which works until it is revoked', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/settings/tokens');
      await page.getByLabel('What it is for').fill('laptop <b>');
      await page.getByLabel('Read').check();
      await page.getByRole('button', { name: 'Make the token' }).click();
      const token = (await page.getByRole('status').locator('code').textContent()) ?? '';
      const me = async () =>
        await fetch(`${dashboard.origin}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
      expect(await (await me()).json()).toMatchObject({ owner: OWNER, scopes: ['read'] });
      await page.goto('/settings/tokens');
      expect(await page.content()).not.toContain(token);
      await page.getByRole('link', { name: 'Revoke laptop <b>' }).click();
      await page.getByRole('button', { name: 'Revoke it' }).click();
      await page.getByText('revoked', { exact: true }).waitFor();
      expect((await me()).status).toBe(401);
    }, plain);
  });

  it('keep what was typed where a token is refused', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/settings/tokens');
      await page.getByLabel('What it is for').fill('phone');
      await page.getByLabel('Read').uncheck();
      await page.getByRole('button', { name: 'Make the token' }).click();
      expect(await page.getByRole('alert').textContent()).toContain('Choose what the token may do');
      expect(await page.getByLabel('What it is for').inputValue()).toBe('phone');
    }, plain);
  });

  it('give back what was typed where the session was over meanwhile', async () => {
    const cookie = await dashboard.signIn(ADMIN);
    await dashboard.visit(
      async (page) => {
        await page.goto('/settings/tokens');
        await page.getByLabel('What it is for').fill('desk "<i>');
        await fetch(`${dashboard.origin}/sign-out`, {
          method: 'POST',
          headers: { cookie, origin: dashboard.origin },
        });
        await page.getByRole('button', { name: 'Make the token' }).click();
        await page.getByRole('heading', { name: 'Signed out meanwhile' }).waitFor();
        await expectReadable(page);
        await page.getByRole('button', { name: 'Send it again' }).click();
        await page.getByRole('heading', { name: 'Signed out meanwhile' }).waitFor();
        const [name = '', value = ''] = admin.split('=');
        await page.context().addCookies([{ name, value, url: dashboard.origin }]);
        await page.getByRole('button', { name: 'Send it again' }).click();
        await page.getByText('This is the token.').waitFor();
        expect(await page.getByText('desk "<i>').first().isVisible()).toBe(true);
      },
      { cookie },
    );
  });

  it('store a key that is never shown, and remove it after a question', async () => {
    const key = `sk-ant-api03-${'k'.repeat(90)}-wxyz`;
    await dashboard.visit(async (page) => {
      await page.goto('/settings/keys');
      await page.getByLabel('Your key').fill(key);
      await page.getByRole('button', { name: 'Store the key' }).click();
      expect(await page.locator('dd code').textContent()).toBe('wxyz');
      await page.waitForLoadState();
      expect(await page.content()).not.toContain('kkkk');
      await page.getByRole('link', { name: 'Remove this key' }).click();
      await page.getByRole('button', { name: 'Remove the key' }).click();
      await page.getByText('No key of yours is stored.').waitFor();
    }, plain);
  });

  it('sign other browsers out, and not this one', async () => {
    const other = await dashboard.signIn(OWNER);
    const me = async () =>
      (await fetch(`${dashboard.origin}/api/v1/me`, { headers: { cookie: other } })).status;
    expect(await me()).toBe(200);
    await dashboard.visit(async (page) => {
      await page.goto('/settings/browsers');
      await page.getByRole('button', { name: 'Sign out all others' }).click();
      await page.getByText('this browser', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Sign out all others' }).waitFor({ state: 'detached' });
    }, plain);
    expect(await me()).toBe(401);
  });

  it('save what an owner is mailed about', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/settings/mail');
      await page.getByLabel('What happened yesterday').check();
      await page.getByLabel('A budget runs out').uncheck();
      await page.getByRole('button', { name: 'Save' }).click();
      expect(await page.getByLabel('What happened yesterday').isChecked()).toBe(true);
      expect(await page.getByLabel('A budget runs out').isChecked()).toBe(false);
      expect(await page.getByLabel('A mail got no answer').isChecked()).toBe(true);
    }, plain);
  });

  it('stop all sending for everybody, shown to admins on every page, and let what waited go out', async () => {
    const before = (await dashboard.server.answers(0)).length;
    await dashboard.visit(
      async (page) => {
        await page.goto('/settings/server');
        await page.getByRole('link', { name: /Stop all sending/ }).click();
        await page.getByRole('button', { name: 'Stop all sending' }).click();
        await page.goto('/settings');
        await page.getByText('All sending is stopped').first().waitFor();
      },
      { ...plain, cookie: admin },
    );
    await dashboard.visit(async (page) => {
      await page.goto('/settings/mail');
      expect(await page.getByText('All sending is stopped since').count()).toBe(0);
      await page.getByRole('button', { name: /test mail/ }).click();
      await page.getByText('waits: all sending is stopped').waitFor();
    }, plain);
    expect(await dashboard.server.json(['sending', 'status'])).toMatchObject({
      stopped: true,
      stopped_by: ADMIN,
    });
    // A mail to sign in goes out all the same.
    await dashboard.signIn(ADMIN);
    expect((await dashboard.server.answers(0)).length).toBe(before + 1);
    await dashboard.visit(
      async (page) => {
        await page.goto('/settings/server');
        await page.getByRole('button', { name: 'Let mail go out again' }).click();
        await page.getByText('Mail goes out again').waitFor();
      },
      { ...plain, cookie: admin },
    );
    const mails = await dashboard.server.answers(before + 2);
    const test = mails.find(({ subject }) => subject === 'Test mail of tinyfat.localhost');
    expect(test?.to).toMatchObject([{ address: OWNER }]);
    expect(test?.text).toContain(`${dashboard.origin}/settings/mail`);
  });

  it.each(['/server', '/server/owners', '/server/webhooks'])(
    'hide %s from those who are no admins',
    async (path) => {
      await dashboard.visit(async (page) => {
        expect((await page.goto(`/settings${path}`))?.status()).toBe(404);
        await page.goto('/settings');
        expect(await page.getByRole('link', { name: 'Server' }).count()).toBe(0);
      }, plain);
      const sent = await fetch(`${dashboard.origin}/settings${path}`, {
        method: 'POST',
        headers: { origin: dashboard.origin, accept: 'text/html', cookie: await dashboard.signIn(OWNER) },
        body: new URLSearchParams({ action: 'stop' }),
      });
      expect(sent.status).toBe(404);
    },
  );
});
