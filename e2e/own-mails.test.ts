/**
 * The mails that the system itself writes, as a server sends them: their text has no marks, and their HTML can be read in
 * a real Chromium, light and dark, wide and on a phone, and fetches nothing.
 */
import { readFileSync } from 'node:fs';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DARK, LIGHT, type MailColors } from '../packages/mail/src/compose/colors.ts';
import { type Browser, type Page, screenshot, startBrowser, withPage } from './support/browser.ts';
import { type ReceivedMail, sendMail } from './support/mail.ts';
import { faultsOf } from './support/readable.ts';
import { postForm } from './support/sign-in.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const BOB = 'Bob <bob-with-a-rather-long-name@a-rather-long-domain.example.com>';
const ORIGIN = 'http://mail.invalid';
/** Each mail by a name, and what its text begins with. */
const KINDS = {
  help: 'Commands\n',
  mistyped: 'There is no such command\n',
  status: 'Status\n',
  model: 'There is no model of that name\n',
  sessions: 'Sessions\n',
  error: 'Your mail got no answer\n',
  'limit-sender': 'Your mail waits\n',
  'limit-owner': 'Mails to scout@tinyfat.localhost wait for you\n',
  'sign-in': 'Sign in to ',
};

describe('mails of our own', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let browser: Browser;
  let mails: ReceivedMail[];
  beforeAll(async () => {
    [model, browser] = await Promise.all([startAnthropicStandIn(), startBrowser()]);
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, SENDER_MAILS_PER_HOUR: '1' },
      agents: { scout: ['@a-rather-long-domain.example.com'] },
    });
    const send = (subject: string, text = '', from = 'Owner <owner@example.com>') =>
      sendMail(server, { to: 'scout@tinyfat.localhost', from, subject, text });
    await send(
      'Prices of the third quarter, and what became of them',
      'List them. [[reply: # Prices\n\n- `one`\n- **two**]]',
    );
    for (const command of ['/help', '/modle', '/status', '/model sonet', '/resume']) await send(command);
    await send('Break', '[[status: 400]]');
    for (const subject of ['One', 'Two']) await send(subject, 'Hello. [[reply: Hello.]]', BOB);
    await postForm(server, '/sign-in', { address: 'owner@example.com' });
    mails = await server.answers(11);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.dispose();
    await model?.close();
  });
  const named = (name: keyof typeof KINDS): ReceivedMail => {
    const mail = mails.find(({ text }) => text?.startsWith(KINDS[name]));
    if (!mail)
      throw new Error(`no mail ${name} among:\n${mails.map(({ text }) => text?.slice(0, 80)).join('\n\n')}`);
    return mail;
  };
  const show = async (page: Page, { html }: ReceivedMail) => await page.setContent(html ?? '');
  const names = Object.keys(KINDS) as (keyof typeof KINDS)[];

  it.each(names)('%s: the text has no marks, and one line for each paragraph', (name) => {
    const text = named(name).text ?? '';
    expect(text).not.toMatch(/\*\*|`|^#|^---$|<[a-z]|\]\(/m);
    expect(text).not.toMatch(/[ \t]+$(?<!^-- )/m);
    expect(text).not.toContain('\n\n\n');
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([1280, 360])('can be read in a window of %d px', async (width) => {
      await withPage(browser, { origin: ORIGIN, colorScheme, width, javaScript: false }, async (page) => {
        for (const name of names) {
          await show(page, named(name));
          expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
          expect({ name, faults: await faultsOf(page) }).toEqual({ name, faults: [] });
          await screenshot(page, `mail-${name}-${colorScheme}-${width}`);
        }
        const reply = mails.find(({ text }) => text?.startsWith('# Prices'));
        await show(page, reply as ReceivedMail);
        expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
        await screenshot(page, `mail-agent-${colorScheme}-${width}`);
      });
    });
  });

  it('differ between light and dark, and keep their ground where a program drops the style sheet', async () => {
    const ground = (page: Page) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('.tf-card')).backgroundColor`);
    const grounds: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await withPage(browser, { origin: ORIGIN, colorScheme }, async (page) => {
        await show(page, named('sign-in'));
        grounds.push(await ground(page));
        await page.evaluate(`document.querySelector('style').remove()`);
        grounds.push(await ground(page));
        expect(await faultsOf(page)).toEqual([]);
      });
    }
    expect(grounds).toEqual([
      'rgb(255, 255, 255)',
      'rgb(255, 255, 255)',
      'rgb(28, 31, 36)',
      'rgb(255, 255, 255)',
    ]);
  });

  it('carry nothing that is fetched, runs or tells on the reader', () => {
    for (const name of names) {
      const { html = '', attachments } = named(name);
      expect(html).not.toMatch(
        /<(img|script|link|iframe|object|svg|form|video)|url\(|@import|src=|background=/i,
      );
      expect(attachments).toEqual([]);
      const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
      expect(links.every((href) => href?.startsWith(`http://${server.host}:8025/sign-in/`))).toBe(true);
    }
  });

  it('sign-in: the code stands alone, large, and is taken whole', async () => {
    const mail = named('sign-in');
    const code = /^(\d{6})$/m.exec(mail.text ?? '')?.[1] ?? '';
    await withPage(browser, { origin: ORIGIN, width: 360 }, async (page) => {
      await show(page, mail);
      const shown = page.getByText(code, { exact: true });
      const size = await page.evaluate<number>(
        `parseFloat(getComputedStyle(document.querySelector('.tf-wash')).fontSize)`,
      );
      expect(size).toBeGreaterThan(24);
      await shown.dblclick();
      expect(await page.evaluate('getSelection().toString().trim()')).toBe(code);
    });
    expect(mail.text).toMatch(/^http\S+\/sign-in\/confirm\?token=\S+$/m);
  });

  it('have the colours of the pages', () => {
    const css = readFileSync(new URL('../apps/platform/src/styles/site.css', import.meta.url), 'utf8');
    const colors = [...css.matchAll(/--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));/g)];
    const schemeOf = (which: 'light' | 'dark') =>
      Object.fromEntries(
        colors.map(([, name = '', light, dark, both]) => [
          name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()),
          both ?? (which === 'light' ? light : dark),
        ]),
      );
    const of = (scheme: Record<string, unknown> = {}, colors: MailColors) =>
      Object.fromEntries(Object.keys(colors).map((name) => [name, scheme[name]]));
    expect(of(schemeOf('light'), LIGHT)).toEqual(LIGHT);
    expect(of(schemeOf('dark'), DARK)).toEqual(DARK);
  });
});
