/** Sessions, files and outbox of an agent, by clicking in a real Chromium. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTar } from '@tinyfat/storage/tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';
import { openDatabaseOf } from '../support/engine.ts';
import { sendMail } from '../support/mail.ts';
import { newestDelivery, outboxRecords } from '../support/outbox.ts';

const SCRIPT = '<script>document.title = "run"</script><img src=x onerror="document.title = 1">';

describe('the folder of an agent', () => {
  let dashboard: Dashboard;
  /** Of the agent, on disk. */
  let folder: string;
  beforeAll(async () => {
    dashboard = await openDashboard({ agents: { scout: [] } });
    const { server } = dashboard;
    const to = 'scout@tinyfat.localhost';
    await sendMail(server, { from: OWNER, to, subject: 'Ferries in May', text: `Which one?\n\n${SCRIPT}` });
    await newestDelivery(server, 'sent');
    await sendMail(server, { from: OWNER, to, subject: '/clear' });
    await server.answers(3);
    await sendMail(server, { from: OWNER, to, subject: 'Rooms for the board', text: 'We need two.' });
    await server.answers(4);
    folder = (await server.json(['agent', 'show', 'scout'])).folder;
  });
  afterAll(() => dashboard?.dispose());

  const main = (page: Page) => page.getByRole('main');
  const row = (page: Page, text: string) => main(page).getByRole('listitem').filter({ hasText: text });
  /** How often a session is said to be current. */
  const badges = (page: Page, title: string) =>
    row(page, title).getByText('current', { exact: true }).count();
  /** What the page says was done, once all of the page is there. */
  const done = async (page: Page) => {
    const text = await page.getByRole('status').textContent();
    await page.waitForLoadState();
    return text;
  };
  /** On a phone, and for who looks at the picture also wide. */
  const look = async (page: Page, name: string, { scripts = true } = {}) => {
    await page.setViewportSize({ width: 390, height: 844 });
    if (scripts) await expectReadable(page);
    await screenshot(page, `folders-${name}-390`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await screenshot(page, `folders-${name}-1440`);
  };

  it('shows its sessions, lets one be gone on with, and begins a new one', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/sessions');
      expect(await badges(page, 'Rooms for the board')).toBe(1);
      await look(page, 'sessions');
      await row(page, 'Ferries in May').getByRole('button').click();
      expect(await done(page)).toContain('goes on in this session');
      expect(await badges(page, 'Ferries in May')).toBe(1);
      expect(await badges(page, 'Rooms for the board')).toBe(0);
      await row(page, 'Ferries in May').getByRole('button').click();
      expect(await done(page)).toContain('begins a new session');
      expect(await page.getByText('current', { exact: true }).count()).toBe(0);
    });
  });

  it('shows what was said in a session as text, whatever it is', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/sessions');
      await page.getByRole('link', { name: 'Ferries in May' }).click();
      await page.getByRole('heading', { level: 2, name: 'Ferries in May' }).waitFor();
      const text = await main(page).textContent();
      expect(text).toContain(`Which one?\n\n${SCRIPT}`);
      expect(await page.title()).toBe('Ferries in May · scout · tinyfat');
      await page.getByText('All that the model was given').click();
      expect(await main(page).getByText('Message-ID:').isVisible()).toBe(true);
      await look(page, 'transcript');
      expect(await page.getByRole('link', { name: 'its run' }).getAttribute('href')).toMatch(
        /^\/runs\/[0-9a-f-]{36}$/,
      );
      const raw = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download' }).click();
      expect((await raw).suggestedFilename()).toMatch(/\.jsonl$/);
    });
  });

  it('keeps what is typed into MEMORY.md, and what the agent wrote meanwhile, without scripts', async () => {
    const memory = join(folder, 'MEMORY.md');
    await dashboard.visit(
      async (page) => {
        await page.goto('/agents/scout/files');
        await look(page, 'files', { scripts: false });
        await page.getByRole('link', { name: 'MEMORY.md' }).click();
        const box = page.getByLabel('MEMORY.md');
        expect(await box.inputValue()).toBe(readFileSync(memory, 'utf8'));
        await box.fill('\nmine\n');
        writeFileSync(memory, 'by the agent\n');
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        expect(await page.getByRole('alert').textContent()).toContain('was changed while you wrote');
        expect(await box.inputValue()).toBe('\nmine\n');
        expect(await main(page).textContent()).toContain('by the agent');
        expect(readFileSync(memory, 'utf8')).toBe('by the agent\n');
        await look(page, 'conflict', { scripts: false });
        await page.getByRole('button', { name: 'Save over it' }).click();
        expect(await done(page)).toBe('Saved.');
        expect(readFileSync(memory, 'utf8')).toBe('\nmine\n');
        expect(await box.inputValue()).toBe('\nmine\n');

        await page.goto('/agents/scout/files/config.json');
        await page.getByLabel('config.json').fill('{"model":\n  opus}');
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        expect(await page.getByRole('alert').textContent()).toContain('from line 2, character 3 on');
        expect(await page.getByLabel('config.json').inputValue()).toBe('{"model":\n  opus}');
      },
      { javaScript: false },
    );
  });

  it('takes a file, shows, replaces and removes it, and gives all of them at once', async () => {
    const file = (text: string) => ({
      name: 'prices 50%#1.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    });
    await dashboard.visit(async (page) => {
      const send = async (text: string) => {
        await page.getByLabel('Put a file here').setInputFiles(file(text));
        await page.getByRole('button', { name: 'Upload' }).click();
      };
      await page.goto('/agents/scout/files');
      await send(`cheap\n${SCRIPT}`);
      expect(await done(page)).toBe('The file is stored.');
      await send('dear');
      expect(await page.getByRole('alert').textContent()).toContain('already');
      await page.getByLabel('Replace a file of the same name').check();
      await send(`dear\n${SCRIPT}`);
      await page.getByRole('link', { name: 'prices 50%#1.txt' }).click();
      await page.getByText('dear').waitFor();
      expect(await main(page).locator('pre').textContent()).toBe(`dear\n${SCRIPT}`);
      await look(page, 'file');
      await page.goto('/agents/scout/files');
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download all' }).click();
      const names = [];
      for await (const { header } of readTar(await (await download).createReadStream()))
        names.push(header.path);
      expect(names).toContain('scout/prices 50%#1.txt');
      expect(names).toContain('scout/MEMORY.md');
      await page.getByRole('link', { name: 'prices 50%#1.txt' }).click();
      await page.getByText('Remove this file').click();
      await page.getByRole('button', { name: 'Remove it' }).click();
      expect(await done(page)).toBe('The file was removed.');
      expect(await page.getByRole('link', { name: 'prices 50%#1.txt' }).count()).toBe(0);
      await page.getByRole('link', { name: 'outbox/' }).click();
      await page.getByRole('link', { name: 'sent/' }).waitFor();
      await page.waitForLoadState();
      expect(await page.getByLabel('Put a file here').count()).toBe(0);
      expect((await page.goto('/agents/scout/files/none/at%2f..%2fall'))?.status()).toBe(404);
    });
  });

  it('lets a mail that may have left be marked as sent, and warns before it is sent twice', async () => {
    const { server } = dashboard;
    const id: string = (await newestDelivery(server, 'sent')).id;
    const [answered] = (await dashboard.list('/outbox?state=sent')).filter(({ kind }) => kind === 'reply');
    const db = await openDatabaseOf(server);
    await db
      .updateTable('deliveries')
      .set({
        state: 'uncertain',
        doubt_since: 1,
        sent_at: null,
        reason_code: 'delivery_uncertain',
        reason: 'It hung up.',
      })
      .where('id', '=', answered?.id ?? id)
      .execute();
    await db.destroy();
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/outbox');
      await page.getByRole('link', { name: /Uncertain\s*1/ }).click();
      await look(page, 'outbox');
      await page.getByRole('link', { name: 'Settle' }).click();
      expect(await main(page).textContent()).toContain('it arrives twice if the first one came after all');
      await look(page, 'uncertain');
      await page.getByRole('button', { name: 'It has come: mark as sent' }).click();
      expect(await done(page)).toContain('counts as sent');
      expect(await main(page).textContent()).toContain(`Marked as sent by ${OWNER}`);
      await look(page, 'settled');
      await page.goto('/outbox?state=uncertain');
      expect(await main(page).textContent()).toContain('Of every mail it is known whether it left.');
    });
    expect((await outboxRecords(server, 'sent')).map(({ status }) => status)).toContain('sent');
  });

  it('is nobody else’s: a stranger finds none of its pages', async () => {
    const paths = [
      '/agents/scout/sessions',
      '/agents/scout/files',
      '/agents/scout/files/MEMORY.md',
      '/agents/scout/outbox',
    ];
    const made = await dashboard.server.cli(['agent', 'create', 'clerk', '--owner', 'other@example.com']);
    expect(made.stderr).toBe('');
    const cookie = await dashboard.signIn('other@example.com');
    const [mine] = await dashboard.list('/outbox');
    await dashboard.visit(
      async (page) => {
        for (const path of [...paths, `/outbox/${mine?.id}`])
          expect((await page.goto(path))?.status()).toBe(404);
        await page.goto('/outbox');
        expect(await main(page).textContent()).toContain('Nothing was written yet.');
      },
      { cookie },
    );
  });
});
