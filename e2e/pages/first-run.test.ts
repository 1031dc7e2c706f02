/** From an empty installation to the first answered mail, by clicking alone; then what waits on the home page. */
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';
import { openDatabaseOf } from '../support/engine.ts';

let board: Dashboard;
beforeAll(async () => {
  board = await openDashboard({ environment: { ADMIN_EMAILS: OWNER } });
});
afterAll(() => board?.dispose());

/** Shown as it is, and never run: pages that run it fail `visit`. */
const HOSTILE = '<script>throw 1</script> Invoice <img src=x onerror="throw 2">';

const LOOKS = [
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 390 },
] as const;

it('leads from nothing to the first answer, by clicking alone', async () => {
  await board.visit(async (page) => {
    await page.goto('/');
    await page.waitForURL('**/start');
    const name = page.getByLabel('Its name');
    await name.pressSequentially('post');
    await page.getByText('post@tinyfat.localhost is free.').waitFor();
    await name.fill('postmaster');
    await page.getByText('The name postmaster is reserved').waitFor();
    await expectReadable(page);
    // The form says the same to who has no scripts.
    await page.getByRole('button', { name: 'Make the agent' }).click();
    await page.getByRole('alert').getByText('reserved').waitFor();
    expect(await name.inputValue()).toBe('postmaster');
    await name.fill('Scout');
    await page.getByRole('button', { name: 'Make the agent' }).click();
    await page.getByText('Your agent is there.').waitFor();
    await page.getByText('scout@tinyfat.localhost').first().waitFor();

    await page.getByText('Let somebody else write').click();
    await page.getByLabel('Address, or all of a domain').fill('colleague@example.com');
    await page.getByRole('button', { name: 'Let them write' }).click();
    await page.getByText('colleague@example.com').waitFor();

    await page.getByText('No mail has come yet').waitFor();
    await screenshot(page, 'start-waits');
    const text = page.getByRole('textbox', { name: 'Mail' });
    await text.fill('Which mail is this?');
    await page.getByRole('button', { name: 'Send the mail' }).click();
    await page.getByText('The mail is on its way.').waitFor();
    await page.locator('#step-mail[data-state=done]').waitFor();
    await page.locator('#step-answer[data-state=done]').waitFor();
    expect(await page.locator('#answer-said pre').textContent()).toContain('demo model');
    expect(await page.locator('#answer-said code').textContent()).toMatch(/^new\//);
    await screenshot(page, 'start-answered');
    await page.getByRole('link', { name: 'Go on to the dashboard' }).click();
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    await page.getByText('No key of a model provider is stored').waitFor();
  });
  const newest = (await board.server.answers(2)).at(-1);
  expect(newest?.to?.map(({ address }) => address)).toEqual([OWNER]);
});

it('ticks its steps for a mail from a mail program, and leaves alone what is being typed', async () => {
  const { cli } = board.server;
  expect((await cli(['agent', 'create', 'clerk', '--owner', OWNER])).code).toBe(0);
  await board.visit(async (page) => {
    await page.goto('/start?agent=clerk');
    await page.getByText('No mail has come yet').waitFor();
    const text = page.getByRole('textbox', { name: 'Mail' });
    await text.fill('Half a sentence');
    const mail = ['send', '--to', 'clerk', '--from', OWNER, '--subject', 'By program'];
    expect((await cli(mail, 'Hello')).code).toBe(0);
    await page.getByText(`“By program” came from ${OWNER}.`).waitFor();
    await page.locator('#step-answer[data-state=done]').waitFor();
    expect(await text.inputValue()).toBe('Half a sentence');
  });
});

it('reads the same without scripts', async () => {
  await board.visit(
    async (page) => {
      await page.goto('/start?agent=scout');
      expect(await page.locator('#answer-said').textContent()).toContain('The answer has left.');
      expect((await page.goto('/start?agent=nobody'))?.status()).toBe(404);
    },
    { javaScript: false },
  );
});

it('shows what waits with a count beside the navigation, and settles it by a button', async () => {
  const db = await openDatabaseOf(board.server);
  try {
    const mail = await db.selectFrom('mails').selectAll().orderBy('received_at').executeTakeFirstOrThrow();
    const quarantined = { verdict: 'quarantined', state: 'quarantined' } as const;
    await db
      .insertInto('mails')
      .values({
        ...mail,
        id: `${mail.id.slice(0, -3)}aaa`,
        received_at: mail.received_at + 1000,
        message_id: '<held@example.net>',
        signature: null,
        subject: HOSTILE,
        sender: 'billing@example.net',
        sender_base: 'billing@example.net',
        reason_code: 'perhaps_automatic',
        reason: 'It may have been sent by a machine.',
        ...quarantined,
      })
      .execute();
    const run = db.updateTable('runs').where('mail_id', '=', mail.id);
    await run.set({ status: 'failed', error_code: 'turn_timeout' }).execute();
  } finally {
    await db.destroy();
  }
  for (const look of LOOKS)
    await board.visit(async (page) => {
      await page.goto('/');
      await expectReadable(page);
      await screenshot(page, `home-${look.colorScheme}-${look.width}`);
      await page.goto('/start?agent=scout');
      await expectReadable(page);
      await screenshot(page, `start-${look.colorScheme}-${look.width}`);
    }, look);
  await board.visit(
    async (page) => {
      await page.goto('/');
      const count = page.locator('.site-nav .count');
      expect(await count.textContent()).toMatch(/^\s*3\s/);
      await page.getByRole('button', { name: `Discard: ${HOSTILE}` }).click();
      await page.getByText('The mail was discarded.').waitFor();
      await page.waitForLoadState();
      expect(await page.getByText('Held mail').count()).toBe(0);
      await page.getByRole('button', { name: 'Dismiss: Hello' }).click();
      await page.getByText('Dismissed. The run stays under Runs.').waitFor();
      expect(await count.textContent()).toMatch(/^\s*1\s/);
    },
    { javaScript: false },
  );
});

it('shows the rows of a public mail domain, expected against found, when they are asked for', async () => {
  const names = await startDnsStub({
    'agents.example.org': { TXT: ['v=spf1 include:relay.example.net ~all'] },
    '_dmarc.agents.example.org': { TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] },
  });
  try {
    const SMTP_URL = 'smtp://relay.example.net';
    await board.server.restart({ MAIL_DOMAIN: 'agents.example.org', DNS_SERVERS: names.address, SMTP_URL });
    await board.visit(async (page) => {
      await page.goto('/start?agent=scout');
      await page.getByRole('link', { name: 'scout@agents.example.org' }).waitFor();
      await page.getByRole('link', { name: 'Look them up now' }).click();
      const row = (name: string) => page.locator('#domain li').filter({ hasText: name });
      await row('Receiving mail').getByText('missing').waitFor();
      expect(await row('Receiving mail').textContent()).toContain(`10 ${board.server.host}`);
      expect(await row('SPF').textContent()).toContain('include:relay.example.net');
      await row('SPF').getByText('as it should be').waitFor();
      await row('DMARC').getByText('make one record of them').waitFor();
      await row('DKIM').getByText('unknown').first().waitFor();
      await expectReadable(page);
      await screenshot(page, 'start-domain');
    });
  } finally {
    await names.close();
  }
});
