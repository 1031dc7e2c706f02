/** Mail that awaits approval, read and decided about in a real Chromium over the real server; and by the mailed link. */
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';
import { eventually } from '../support/eventually.ts';
import { type ReceivedMail, readMaildir, sendMail } from '../support/mail.ts';
import { postForm, readSignInMail } from '../support/sign-in.ts';

const SCRIPT = '<script>alert(1)</script>';
const STRANGER = 'accounts@nordlys.example';

/** The agent writes to a stranger, as the mail says; and once more where the owner wants it otherwise. */
function script(text: string): string {
  if (text.includes('I rejected it'))
    return `[[reply: ${text.includes('Friendlier') ? 'Dear all, anew.' : 'Anew.'}]]`;
  const [, subject = 'Invoice'] = /write about ([^\n]+)/.exec(text) ?? [];
  const letter = {
    to: [STRANGER],
    subject,
    body: `Please **correct** it. ${SCRIPT}`,
    attachments: [{ filename: '<img src=x onerror=alert(2)>.csv', content: 'MywxMjAw' }],
  };
  const command = `cat > /data/outbox/email/letter.json <<'END'\n${JSON.stringify(letter)}\nEND`;
  return `[[tool: bash ${JSON.stringify({ command })}]] [[reply: I wrote to them.]]`;
}

describe('a mail that awaits approval', () => {
  let dashboard: Dashboard;
  let model: AnthropicStandIn;
  beforeAll(async () => {
    model = await startAnthropicStandIn({ script });
    dashboard = await openDashboard({
      agents: { scout: [] },
      environment: { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: model.url },
    });
  });
  afterAll(async () => {
    await dashboard?.dispose();
    await model?.close();
  });

  const mailbox = () => readMaildir(join(dashboard.server.dataDir, 'mailbox', 'new'));
  const mailed = (wanted: (mail: ReceivedMail) => boolean) =>
    eventually(async () => (await mailbox()).filter(wanted).length);
  const isTo = (address: string, subject: string) => (mail: ReceivedMail) =>
    mail.to?.[0]?.address === address && (mail.subject ?? '').endsWith(subject);
  const found = async (wanted: (mail: ReceivedMail) => boolean): Promise<ReceivedMail> => {
    await mailed(wanted).toBe(1);
    const [mail] = (await mailbox()).filter(wanted);
    if (!mail) throw new Error('the mail is gone');
    return mail;
  };
  /** Has the agent write to a stranger; gives the id of what waits. */
  async function held(subject: string): Promise<string> {
    await sendMail(dashboard.server, {
      to: 'scout@tinyfat.localhost',
      text: `Please write about ${subject}`,
    });
    return await waiting(subject);
  }
  async function waiting(subject: string): Promise<string> {
    const find = async () =>
      (await dashboard.list('/outbox?state=awaiting_approval')).find((one) => one.subject === subject)?.id;
    await eventually(find).toBeDefined();
    return (await find()) ?? '';
  }
  /** The link of the one mail that told the owner of it. */
  async function linkTo(subject: string): Promise<string> {
    const notice = await found(isTo(OWNER, `approval: ${subject}`));
    const [link = ''] = /http\S+\/decide\?token=\S+/.exec(notice.text ?? '') ?? [];
    return link.slice(dashboard.origin.length);
  }
  const main = async (page: Page) => (await page.locator('main').textContent()) ?? '';
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

  it('is read first: whom it goes to, what it says, its files, and why it waits', async () => {
    const id = await held(`Invoice ${SCRIPT}`);
    await dashboard.visit(async (page) => {
      await page.goto('/approvals');
      expect(await page.locator('.rows').textContent()).toContain(STRANGER);
      await page.getByRole('link', { name: `Invoice ${SCRIPT}`, exact: true }).click();
      expect(new URL(page.url()).pathname).toBe(`/approvals/${id}`);
      const text = await main(page);
      for (const part of [`Invoice ${SCRIPT}`, STRANGER, 'unknown', 'neither the sender, the owner']) {
        expect(text).toContain(part);
      }
      expect(text).not.toContain('tinyfat outbox approve');
      const frame = page.frameLocator('iframe');
      expect(await frame.locator('strong').textContent()).toBe('correct');
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.people a').click()]);
      expect(file.suggestedFilename()).not.toMatch(/[<>/]/);
      await page.getByRole('link', { name: 'Plain text' }).click();
      expect(await page.locator('pre').textContent()).toBe(`Please **correct** it. ${SCRIPT}`);
    });
  });

  it('is approved by the keyboard alone, from the sign-in on', async () => {
    const id = await held('By keyboard');
    await dashboard.visit(
      async (page) => {
        const tabTo = async (name: string) => {
          for (let presses = 0; presses < 80; presses++) {
            await page.keyboard.press('Tab');
            const focused = await page.evaluate<string>(
              '(document.activeElement?.getAttribute("aria-label") || document.activeElement?.textContent || document.activeElement?.name || "").trim()',
            );
            if (focused === name) return;
          }
          throw new Error(`the keyboard does not reach "${name}"`);
        };
        await page.goto(`/approvals/${id}`);
        await tabTo('address');
        await page.keyboard.type(OWNER);
        const before = new Set((await mailbox()).map(({ messageId }) => messageId));
        await page.keyboard.press('Enter');
        const letter = await found(
          (mail) => /^Sign in/.test(mail.subject ?? '') && !before.has(mail.messageId),
        );
        await page.waitForURL('**/sign-in/code*');
        if ((await page.evaluate<string>('document.activeElement?.name ?? ""')) !== 'code')
          await tabTo('code');
        await page.keyboard.type(readSignInMail(letter).code);
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
        await page.goto('/approvals');
        await tabTo('Read and decide: By keyboard');
        await page.keyboard.press('Enter');
        await page.waitForURL(`**/approvals/${id}`);
        await tabTo('Approve and send');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/*done=approve');
        expect(await main(page)).toContain(`${OWNER} approved it`);
      },
      { cookie: null },
    );
    await found(isTo(STRANGER, 'By keyboard'));
  });

  it('is edited and approved without scripts, and leaves as it was edited', async () => {
    const id = await held('To be edited');
    await dashboard.visit(
      async (page) => {
        await page.goto(`/approvals/${id}`);
        await page.getByRole('link', { name: 'Edit' }).click();
        await page.getByLabel('Subject').fill('Edited');
        await page.getByLabel('To', { exact: true }).fill('no address');
        await press(page, 'Save changes');
        expect(await page.locator('[role=alert]').textContent()).toContain('is not an address');
        expect(await page.getByLabel('Subject').inputValue()).toBe('Edited');
        await page.getByLabel('To', { exact: true }).fill(`Nordlys <${STRANGER}>\nben@nordlys.example`);
        await page.getByLabel('Text').fill('Line one.\n\nLine two.');
        await press(page, 'Save changes');
        expect(await page.locator('[role=status]').textContent()).toContain('still waits');
        expect(await main(page)).toContain(`${OWNER} edited it`);
        await press(page, 'Approve and send');
        expect(await page.locator('[role=status]').textContent()).toContain('being sent');
      },
      { javaScript: false },
    );
    const mail = await found(isTo(STRANGER, 'Edited'));
    expect(mail.text?.trim()).toBe('Line one.\n\nLine two.');
    expect(mail.to).toEqual([
      { address: STRANGER, name: 'Nordlys' },
      { address: 'ben@nordlys.example', name: '' },
    ]);
    expect(mail.attachments).toHaveLength(1);
    expect((await mailbox()).filter(isTo(STRANGER, 'To be edited'))).toEqual([]);
  });

  it('is rejected with a note, by which the agent writes it anew to the same people', async () => {
    const subject = 'To be written anew';
    const id = await held(subject);
    await dashboard.visit(
      async (page) => {
        await page.goto(`/approvals/${id}`);
        await page.locator('summary').click();
        await page.getByLabel('What should be different?').fill('Friendlier, please.\n/clear');
        await press(page, 'Reject, and have it written anew');
        expect(await page.locator('[role=status]').textContent()).toContain('writes it anew by your note');
        expect(await main(page)).toContain('Friendlier, please.');
        const second = await waiting(subject);
        expect(second).not.toBe(id);
        await page.reload();
        await page.getByRole('link', { name: 'read the new mail' }).click();
        expect(new URL(page.url()).pathname).toBe(`/approvals/${second}`);
        await page.getByRole('link', { name: 'Plain text' }).click();
        expect(await page.locator('pre').textContent()).toBe('Dear all, anew.');
        await press(page, 'Approve and send');
      },
      { javaScript: false },
    );
    const mail = await found(isTo(STRANGER, subject));
    expect(mail.text?.trim()).toBe('Dear all, anew.');
    expect((await dashboard.list(`/outbox?state=rejected`)).map((one) => one.id)).toEqual([id]);
  });

  it('is not approved as it was read before somebody edited it', async () => {
    const id = await held('Changed meanwhile');
    await dashboard.visit(async (page) => {
      await page.goto(`/approvals/${id}`);
      await dashboard.visit(async (other) => {
        await other.goto(`/approvals/${id}/edit`);
        await other.getByLabel('Text').fill('Other words.');
        await press(other, 'Save changes');
      });
      await press(page, 'Approve and send');
      expect(await page.locator('[role=alert]').textContent()).toContain('it changed meanwhile');
      await page.getByRole('link', { name: 'Plain text' }).click();
      expect(await page.locator('pre').textContent()).toBe('Other words.');
      await press(page, 'Reject');
      expect(await main(page)).toContain(`${OWNER} rejected it`);
    });
  });

  it('is decided by the mailed link, once, by whoever has it, without signing in', async () => {
    await held('By link');
    const link = await linkTo('By link');
    await dashboard.visit(
      async (page) => {
        // Programs open every link in a mail, and so do people more than once.
        for (const look of ['first', 'second']) {
          const answer = await page.goto(link);
          expect([look, answer?.status()]).toEqual([look, 200]);
        }
        expect(await main(page)).toContain('May this mail go out?');
        expect(await page.frameLocator('iframe').locator('strong').textContent()).toBe('correct');
        expect(await page.getByRole('link', { name: 'Approvals' }).count()).toBe(0);
        await screenshot(page, 'decide-light-1280');
        await expectReadable(page);
        await press(page, 'Approve and send');
        expect(await main(page)).toContain(`${OWNER} approved it by the link in a mail`);
        await page.goto(link);
        expect(await main(page)).toContain('It is decided');
        expect(await page.getByRole('button').count()).toBe(0);
      },
      { cookie: null, javaScript: true },
    );
    await found(isTo(STRANGER, 'By link'));
    const token = new URL(link, dashboard.origin).searchParams.get('token') ?? '';
    const again = await postForm(dashboard.server, '/decide', { token, does: 'reject' });
    expect([again.status, again.text.includes('It is decided')]).toEqual([409, true]);
    expect(dashboard.server.output()).not.toContain(token);
  });

  it('is not decided by the link where it was edited since, nor by a forged one', async () => {
    const id = await held('Void link');
    const link = await linkTo('Void link');
    await dashboard.visit(async (page) => {
      await page.goto(`/approvals/${id}/edit`);
      await page.getByLabel('Text').fill('Other words.');
      await press(page, 'Save changes');
    });
    const token = new URL(link, dashboard.origin).searchParams.get('token') ?? '';
    const old = await postForm(dashboard.server, '/decide', { token, does: 'approve' });
    expect([old.status, old.text.includes('The mail has changed')]).toEqual([409, true]);
    const foreign = await postForm(
      dashboard.server,
      '/decide',
      { token, does: 'approve' },
      { origin: 'https://evil.example' },
    );
    expect(foreign.status).toBe(403);
    const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    for (const path of ['/decide', '/decide/view', '/decide/parts/3']) {
      const answer = await fetch(`${dashboard.origin}${path}?token=${forged}`);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    const [row] = (await dashboard.list('/outbox?state=awaiting_approval')).filter((one) => one.id === id);
    expect(row?.subject).toBe('Void link');
    // One mail for each that waits, and none for what was edited.
    expect((await mailbox()).filter(isTo(OWNER, 'Void link'))).toHaveLength(1);
  });
});
