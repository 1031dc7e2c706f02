/** The pages about agents, in a real Chromium over the real server. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeZip } from '@tinyfat/testing/make-zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from '../support/browser.ts';
import { type Dashboard, OWNER, openDashboard } from '../support/dashboard.ts';

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>';

describe('the pages about agents', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard({
      agents: { scout: ['ann@team.example', '@gmail.com'] },
      environment: { ADMIN_EMAILS: OWNER },
    });
  });
  afterAll(() => dashboard?.dispose());

  const notice = (page: Page) => page.locator('main .notice:is([role=status], [role=alert])');
  const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click();
  const folderOf = async (name: string) =>
    (await dashboard.server.json(['agent', 'show', name])).folder as string;

  it('make one, which says what is wrong with a name and keeps what was typed', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents');
      await page.getByRole('link', { name: 'New agent' }).click();
      await page.getByLabel('Name').fill('post master');
      await page.getByLabel('Who may write').fill('@gmail.com\nben@team.example');
      await page.getByRole('button', { name: 'Make the agent' }).click();
      expect(await notice(page).textContent()).toContain('An agent name has 1 to 64 of the characters');
      expect(await page.getByLabel('Who may write').inputValue()).toBe('@gmail.com\nben@team.example');
      await page.getByLabel('Name').fill('scout');
      await page.getByText('There is an agent scout already.').waitFor();
      await page.getByLabel('Name').fill('Helper');
      await page.getByText('helper@tinyfat.localhost is free.').waitFor();
      await page.getByRole('button', { name: 'Make the agent' }).click();
      expect(new URL(page.url()).pathname).toBe('/agents/helper');
      expect(await notice(page).textContent()).toContain('lets in more people than you may think');
      expect(await page.locator('main').textContent()).toContain('3 on the list');
      await page.goto('/agents');
      expect(await page.locator('.rows .row-main > a').allTextContents()).toEqual(['helper', 'scout']);
    });
  });

  it('say whether an address would get in, and let it in', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/senders');
      const ask = async (address: string) => {
        await page.getByRole('textbox', { name: 'Would this address get in?' }).fill(address);
        await page.getByRole('button', { name: 'Ask' }).click();
        return (await notice(page).textContent()) ?? '';
      };
      expect(await ask('Ann+x@team.example')).toContain(
        'Yes. ann+x@team.example is allowed by ann@team.example.',
      );
      expect(await ask('аnn@team.example')).toContain('mixes');
      expect(await ask('scout@tinyfat.localhost')).toContain("agents don't wake each other");
      expect(await ask('carl@team.example')).toContain('No. carl@team.example is not on the list of scout.');
      await page.getByRole('button', { name: 'Let carl@team.example in' }).click();
      expect(await notice(page).textContent()).toContain('Added');
      expect(await ask('carl@team.example')).toContain('Yes.');
      await page.getByRole('button', { name: 'Remove carl@team.example' }).click();
      expect(await ask('carl@team.example')).toContain('No.');
      expect(await page.locator('.rows').first().textContent()).toContain(
        '@gmail.com lets in everybody who has a mailbox at gmail.com',
      );
    });
  });

  it('show a secret address once, with a note that is only text', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/senders');
      await page.getByLabel('For whom or what').fill(SCRIPT);
      await page.getByRole('button', { name: 'Make a secret address' }).click();
      expect(await page.locator('.made .address').textContent()).toMatch(
        /^scout\+[a-z0-9]{20,}@tinyfat\.localhost$/,
      );
      await page.goto('/agents/scout/senders');
      expect(await page.locator('.made').count()).toBe(0);
      expect(await page.locator('main').textContent()).toContain(SCRIPT);
      await page.getByRole('button', { name: /Revoke the address/ }).click();
      expect(await notice(page).textContent()).toContain('Revoked');
    });
  });

  it('change settings, and overwrite nothing that was changed elsewhere meanwhile', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/settings');
      expect(await page.locator('main').textContent()).toContain('cost of a turn unknown');
      await page.getByLabel('Name in From').fill('Scout of Example');
      await page.getByLabel('Nobody without asking').check();
      await page.getByLabel('Only these hosts').check();
      await page.getByLabel('Hosts, one a line').fill('API.example.com\n*.example.org');
      await page.getByLabel('One for each thread').check();
      await save(page);
      expect(await notice(page).textContent()).toContain('Saved.');
      expect(await dashboard.server.json(['agent', 'show', 'scout'])).toMatchObject({
        display_name: 'Scout of Example',
        egress: 'api.example.com,*.example.org',
        outbound: 'ask',
      });
      await page.getByLabel('Model', { exact: true }).selectOption('sonnet');
      await page.getByLabel('Name in From').fill(SCRIPT);
      await writeFile(join(await folderOf('scout'), 'config.json'), '{"model":"opus"}');
      await save(page);
      expect(await notice(page).textContent()).toContain('"display_name"');
      expect(await page.getByLabel('Name in From').inputValue()).toBe(SCRIPT);
      await page.getByLabel('Name in From').fill('');
      await save(page);
      expect(await notice(page).textContent()).toContain('config.json has changed since you looked');
      expect(await page.getByLabel('Model', { exact: true }).inputValue()).toBe('sonnet');
      expect((await dashboard.server.json(['agent', 'show', 'scout'])).display_name).toBe('Scout of Example');
      await page.getByLabel('People it knows').check();
      await page.getByLabel('Model', { exact: true }).selectOption('');
      await save(page);
      expect(await notice(page).textContent()).toContain('Saved.');
      await page.getByLabel('Most that a month').fill('7.5');
      await page.getByRole('button', { name: 'Set the cap' }).click();
      expect(await page.locator('main').textContent()).toContain('Its own cap is $7.50 a month');
    });
  });

  it('pause it: mail is taken and waits, and is answered once it goes on', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/helper');
      await page.getByRole('button', { name: 'Pause' }).click();
      expect(await page.locator('main').textContent()).toContain('No mail waits yet');
      const before = (await dashboard.server.answers(0)).length;
      const sent = await dashboard.server.cli(
        ['send', '--to', 'helper@tinyfat.localhost', '--from', OWNER, '--subject', 'Are you there?'],
        'Hello',
      );
      expect(sent).toMatchObject({ code: 0 });
      await page.reload();
      expect(await page.locator('.paused').textContent()).toContain('1 mail waits');
      expect(await page.locator('.rows').last().textContent()).toContain('waits: paused');
      expect(await dashboard.server.json(['runs', 'helper'])).toEqual([]);
      await page.getByRole('button', { name: 'Let it go on' }).click();
      expect(await notice(page).textContent()).toContain('goes on with what waited');
      const answers = await dashboard.server.answers(before + 1);
      expect(answers.at(-1)?.subject).toBe('Re: Are you there?');
    });
  });

  it('teach it a skill, change it, and take it away', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/agents/scout/skills');
      await page.getByLabel('Name').fill('weather');
      await page.getByLabel('SKILL.md').fill('no front matter');
      await page.getByRole('button', { name: 'Add the skill' }).click();
      expect(await notice(page).textContent()).toContain('front matter');
      await page.getByLabel('SKILL.md').fill(`---\ndescription: Weather\n---\n${SCRIPT}\n`);
      await page.getByRole('button', { name: 'Add the skill' }).click();
      expect(await notice(page).textContent()).toContain('The skill is there');
      await page.getByLabel('New file').fill('more.md');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByLabel('more.md').fill('More');
      await save(page);
      expect(await notice(page).textContent()).toContain('Saved.');
      await writeFile(join(await folderOf('scout'), 'skills/weather/more.md'), 'by the agent');
      await page.getByLabel('more.md').fill('by the owner');
      await save(page);
      expect(await notice(page).textContent()).toContain('more.md has changed since you opened it');
      expect(await page.getByLabel('more.md').inputValue()).toBe('by the owner');
      const folder = join(dashboard.server.dataDir, 'my-skill');
      await mkdir(join(folder, '.git'), { recursive: true });
      await writeFile(join(folder, 'SKILL.md'), '---\ndescription: Weather anew\n---\n');
      await writeFile(join(folder, 'run'), '#!/bin/sh\n');
      await writeFile(join(folder, '.git/config'), 'hidden');
      await page.getByLabel('Put a folder in its place').setInputFiles(folder);
      await page.waitForURL('**/skills/weather?done=made');
      expect(await page.locator('.rows').allTextContents()).toEqual([
        expect.stringMatching(/^\s*SKILL\.md[^,]*run[^,]*, a program\s*$/),
      ]);
      const about = '---\nname: weather\ndescription: Weather\n---\n';
      const archive = (content: string, more: string) => ({
        name: 'weather.zip',
        mimeType: 'application/zip',
        buffer: makeZip([{ name: 'w/SKILL.md', content }, { name: `w/${more}` }]),
      });
      await page.getByLabel('Put a zip archive in its place').setInputFiles(archive('# Weather', 'x'));
      await page.getByRole('button', { name: 'Send the archive' }).click();
      expect(await notice(page).textContent()).toContain('begins with no front matter');
      await page.getByLabel('Put a zip archive in its place').setInputFiles(archive(about, 'of-the-zip'));
      await page.getByRole('button', { name: 'Send the archive' }).click();
      expect(await page.locator('.rows').textContent()).toMatch(/of-the-zip/);
      await page.getByText('Remove the whole skill').click();
      await page.getByRole('button', { name: 'Remove weather' }).click();
      expect(await page.locator('main').textContent()).toContain('It has no skills yet.');
      await page.getByLabel('Or a zip archive').setInputFiles(archive(about, 'x'));
      await page.getByRole('button', { name: 'Send the archive' }).click();
      expect(await notice(page).textContent()).toContain('The skill is there');
    });
  });

  const PAGES = {
    list: '/agents',
    new: '/agents/new',
    overview: '/agents/helper',
    settings: '/agents/scout/settings',
    senders: '/agents/scout/senders?address=eve@else.example',
    skills: '/agents/scout/skills',
    delete: '/agents/scout/delete',
  };

  it('show nothing of them to others', async () => {
    await dashboard.server.cli(['agent', 'create', 'hers', '--owner', 'ann@team.example']);
    const cookie = await dashboard.signIn('ann@team.example');
    await dashboard.visit(
      async (page) => {
        for (const path of Object.values(PAGES).filter((one) => one.includes('/scout'))) {
          expect([path, (await page.goto(path))?.status()]).toEqual([path, 404]);
        }
        await page.goto('/agents');
        expect(await page.locator('main').textContent()).not.toContain('scout');
      },
      { cookie },
    );
  });

  it('delete one only with its name typed, also without scripts', async () => {
    await dashboard.visit(
      async (page) => {
        await page.goto('/agents/helper/settings');
        await page.getByRole('link', { name: 'Delete the agent' }).click();
        await page.getByLabel('Type helper').fill('scout');
        await page.getByRole('button', { name: 'Delete the agent' }).click();
        expect(await notice(page).textContent()).toContain('nothing was deleted');
        await page.getByLabel('Type helper').fill('helper');
        await page.getByRole('button', { name: 'Delete the agent' }).click();
        expect(await notice(page).textContent()).toContain('The agent is deleted');
        expect((await page.goto('/agents/helper'))?.status()).toBe(404);
      },
      { javaScript: false },
    );
  });
});
