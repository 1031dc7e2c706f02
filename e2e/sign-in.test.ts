/** Signing in with a real Chromium, at a server in local mode: its mails lie in the Maildir. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, type Page, screenshot, startBrowser, withPage } from './support/browser.ts';
import { sendMail } from './support/mail.ts';
import { faultsOf } from './support/readable.ts';
import { postForm, type SignInLetter, signInMail } from './support/sign-in.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OWNER = 'owner@example.com';
const OTHER = 'other@example.com';
const ADMIN = 'root@example.com';

describe('signing in', () => {
  let server: Tinyfat;
  let browser: Browser;
  let origin: string;
  /** In the Maildir: the answer of the agent, two notices of the limit, then mails that sign in. */
  let mails = 3;
  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTinyfat({
        agents: { scout: [OTHER] },
        environment: { ADMIN_EMAILS: ADMIN, SENDER_MAILS_PER_HOUR: '1' },
      }),
      startBrowser(),
    ]);
    for (const subject of ['Hello', 'Too many'])
      await sendMail(server, { from: OTHER, to: 'scout@tinyfat.localhost', subject });
    await server.answers(mails);
    const made = await server.cli(['agent', 'create', 'clerk', '--owner', OTHER]);
    expect(made.stderr).toBe('');
    origin = `http://${server.host}:8025`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.dispose();
  });

  const ask = async (page: Page, address: string) => {
    await page.goto('/sign-in');
    await page.getByLabel('Your e-mail address').fill(address);
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    await page.waitForURL('**/sign-in/code');
  };
  const letter = async (): Promise<SignInLetter> => {
    mails++;
    return await signInMail(server, mails);
  };
  const signIn = async (page: Page, address: string) => {
    await ask(page, address);
    await page.goto((await letter()).link);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${origin}/`);
  };
  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

  it('goes by a mailed link, which scanners may open as often as they like', async () => {
    await withPage(browser, { origin, javaScript: false }, async (page) => {
      await ask(page, OWNER);
      expect(await page.getByRole('main').textContent()).toContain(`If ${OWNER} may sign in here`);
      const { link, to } = await letter();
      expect(to).toBe(OWNER);
      for (const method of ['GET', 'HEAD', 'GET', 'GET']) {
        const scanned = await fetch(link, { method });
        expect(scanned.status).toBe(200);
        expect(scanned.headers.getSetCookie()).toEqual([]);
      }
      // As a mail program in the same browser opens it: from another site.
      await page.goto(`data:text/html,<a href="${encodeURIComponent(link)}">Open</a>`);
      await page.getByRole('link').click();
      await page.waitForURL(link);
      expect(await page.getByRole('main').textContent()).toContain(OWNER);
      expect(await page.getByText('It was not asked for in this browser').count()).toBe(0);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${origin}/`);
      expect(await heading(page)).toBe('Home');
      await page.getByText('scout@tinyfat.localhost').waitFor();
      expect(await page.getByText('clerk').count()).toBe(0);

      await page.goto(link);
      expect(await heading(page)).toBe('This link is over');
      await page.getByRole('link', { name: 'Ask for a new mail' }).click();
      await page.waitForURL(`${origin}/`);
    });
  });

  it('goes by the code of the mail in the browser that asked, after a typing error', async () => {
    await withPage(browser, { origin }, async (page) => {
      await ask(page, OWNER);
      const { code } = await letter();
      await page.getByLabel('Code').fill(code === '000000' ? '111111' : '000000');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('4 tries are left').waitFor();
      await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${origin}/`);
      expect(await heading(page)).toBe('Home');
    });
  });

  it('is over after five wrong codes, with a way to go on', async () => {
    await withPage(browser, { origin }, async (page) => {
      await ask(page, OTHER);
      const { code, link } = await letter();
      for (let tries = 0; tries < 5; tries++) {
        await page.getByLabel('Code').fill(code === '000000' ? '111111' : '000000');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.waitForLoadState();
      }
      expect(await heading(page)).toBe('This one is over');
      await page.getByText('There were too many wrong codes').waitFor();
      await page.getByRole('link', { name: 'Ask for a new mail' }).waitFor();
      await page.goto(link);
      expect(await heading(page)).toBe('This link is over');
    });
  });

  it('warns where the link was asked for in another browser, and ends who was signed in', async () => {
    let link = '';
    await withPage(browser, { origin }, async (page) => {
      await ask(page, ADMIN);
      ({ link } = await letter());
    });
    await withPage(browser, { origin }, async (page) => {
      await signIn(page, OWNER);
      await page.goto(link);
      await page.getByText('It was not asked for in this browser').waitFor();
      await page.getByText(`you are signed in as ${OWNER}`).waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${origin}/`);
      expect(await page.locator('.site-header .address').textContent()).toBe(ADMIN);
    });
  });

  it('shows an admin the agents of everybody', async () => {
    await withPage(browser, { origin }, async (page) => {
      await signIn(page, ADMIN);
      await page.getByRole('heading', { name: 'All agents' }).waitFor();
      for (const text of ['scout@', 'clerk@', OWNER, OTHER]) {
        await page.getByText(text).first().waitFor();
      }
    });
  });

  it('gives a stranger the same page, and no mail', async () => {
    await withPage(browser, { origin }, async (page) => {
      await ask(page, 'stranger@example.net');
      expect(await page.getByRole('main').textContent()).toContain(
        'If stranger@example.net may sign in here',
      );
      await page.getByLabel('Code').fill('123456');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('4 tries are left').waitFor();
    });
    await withPage(browser, { origin }, async (page) => {
      await ask(page, OTHER);
      expect((await letter()).to).toBe(OTHER);
    });
    expect(await server.answers(mails)).toHaveLength(mails);
  });

  it('says beside the field what is wrong with an address', async () => {
    await withPage(browser, { origin }, async (page) => {
      await page.goto('/sign-in');
      await page.getByLabel('Your e-mail address').fill('owner at home');
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await page.getByText('The address has no @.').waitFor();
      const field = page.getByLabel('Your e-mail address');
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await field.inputValue()).toBe('owner at home');
    });
  });

  it('ends in one browser, or in all others at once', async () => {
    await withPage(browser, { origin }, async (one) => {
      await withPage(browser, { origin }, async (two) => {
        await signIn(one, OTHER);
        await signIn(two, OTHER);
        await one.getByRole('button', { name: 'Sign out', exact: true }).click();
        await one.getByRole('button', { name: 'Mail me a link' }).waitFor();
        await two.reload();
        expect(await heading(two)).toBe('Home');
        await signIn(one, OTHER);
        await one.goto('/settings/browsers');
        const others = one.getByRole('button', { name: 'Sign out all others' });
        await others.click();
        await others.waitFor({ state: 'detached' });
        await two.reload();
        await two.getByRole('button', { name: 'Mail me a link' }).waitFor();
      });
    });
  });

  it('has pages that can be read, light and dark, in a wide window and on a phone', async () => {
    await withPage(browser, { origin }, async (page) => {
      const look = async (name: string) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          for (const width of [1280, 390]) {
            await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            await page.setViewportSize({ width, height: 844 });
            expect(await faultsOf(page)).toEqual([]);
            await screenshot(page, `${name}-${colorScheme}-${width}`);
          }
        }
      };
      await page.goto('/');
      await look('start');
      await page.goto('/sign-in');
      await look('sign-in');
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await page.getByText('The address is empty.').waitFor();
      await look('sign-in-refused');
      await page.goto('/sign-in/code');
      await look('code-over');
      await ask(page, `${'a-rather-long-name.'.repeat(3)}x@department-of-long-names.example.com`);
      await look('code');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('4 tries are left').waitFor();
      await look('code-wrong');
      await page.goto('/sign-in/confirm?token=x');
      await look('link-over');
      await page.goto('/403');
      await look('403');
      await signIn(page, OWNER);
      await look('agents');
      await postForm(server, '/sign-in', { address: ADMIN });
      await page.goto((await letter()).link);
      await look('confirm');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${origin}/`);
      await look('all-agents');
    });
  });
});
