/** Runs on their pages, in a real Chromium over the real server: one that goes on, stopped, run again, cut off. */
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, screenshot } from '../support/browser.ts';
import { type Dashboard, OWNER, openDashboard } from '../support/dashboard.ts';
import { eventually } from '../support/eventually.ts';
import { sendMail } from '../support/mail.ts';

const SCOUT = 'scout@tinyfat.localhost';
const MARKUP = '<img src=x onerror="window.stolen=1"><script>window.stolen=1</script>';
const bash = (command: string) => `[[tool: bash ${JSON.stringify({ command })}]]`;
const ANSWER = 'The harbour has eleven moorings, of which '.repeat(20);

describe('the pages of runs', () => {
  let model: AnthropicStandIn;
  let dashboard: Dashboard;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    dashboard = await openDashboard({
      agents: { scout: [] },
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url },
    });
  });
  afterAll(async () => {
    await dashboard?.dispose();
    await model?.close();
  });

  /** Sends a mail to scout, and gives its Message-ID. */
  const write = (subject: string, text: string) => sendMail(dashboard.server, { to: SCOUT, subject, text });
  /** The mail that answers this one, once it is there. */
  async function answerTo(id: string, least = 1) {
    for (let count = least; ; ) {
      const mails = await dashboard.server.answers(count);
      const answers = mails.filter(({ inReplyTo }) => inReplyTo === id);
      if (answers.length >= least) return answers;
      count = mails.length + 1;
    }
  }
  const word = (page: Page) => page.locator('[data-run-word]');
  const opens = async (page: Page, subject: string) => {
    await page.goto('/runs');
    await page.getByRole('link', { name: subject }).first().click();
    await page.getByRole('heading', { level: 1, name: subject }).waitFor();
  };

  it('show what a run does while it does it, and then what is stored; what a tool gave is text', async () => {
    await write(
      'Moorings',
      `${bash(`echo '${MARKUP}'; echo seen-live`)} [[gate: live]] [[reply: Eleven were free.]]`,
    );
    await model.arrived('live');
    await dashboard.visit(async (page) => {
      await opens(page, 'Moorings');
      await page.locator('.steps [data-kind=tool]').click();
      const output = page.locator('[data-part=text]');
      expect(await output.textContent()).toContain(`${MARKUP}\nseen-live`);
      expect(await word(page).textContent()).toBe('running');
      await page.getByText('Live: what happens shows here.').waitFor();
      model.release('live');
      await word(page).filter({ hasText: 'done' }).waitFor();
      await page.locator('[data-stream]').waitFor({ state: 'detached' });
      await page.locator('.steps li').last().click();
      expect(await output.textContent()).toBe('Eleven were free.');
      expect(await page.locator('[data-figure=tokens]').textContent()).toMatch(/in, .* out/);
      expect(await page.evaluate('window.stolen')).toBeUndefined();
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0);
    });
  });

  it('stop a run: nothing of it is alive, its sender is told, the next mail is answered', async () => {
    const id = await write(
      'A long answer',
      `${bash('sleep 98765 & echo begun')} [[hangmid]] [[reply: ${ANSWER}]]`,
    );
    await dashboard.visit(async (page) => {
      await opens(page, 'A long answer');
      // The model has sent half of it, and is still writing.
      await page.locator('[data-part=text]', { hasText: 'eleven moorings' }).waitFor();
      expect(await page.locator('[data-figure=context]').textContent()).not.toBe('unknown');
      await screenshot(page, 'run-live');
      await page.getByRole('button', { name: 'Stop' }).click();
      await word(page).filter({ hasText: 'stopped' }).waitFor();
      await page.getByText(`${OWNER} asked for it`).waitFor();
      expect(spawnSync('pgrep', ['-f', 'sleep 9876[5]'], { encoding: 'utf8' }).stdout).toBe('');
      const [told] = await answerTo(id);
      expect(told?.text).toContain('stopped the turn before it had ended');
      expect(told?.text).not.toContain('moorings');
      const next = await write('The next one', '[[reply: Here I am.]]');
      expect((await answerTo(next))[0]?.text).toContain('Here I am.');

      await page.reload();
      await page.getByRole('link', { name: 'Run again' }).click();
      const text = page.getByLabel('What it says');
      expect(await text.inputValue()).toContain('sleep 98765');
      await screenshot(page, 'run-again');
      await text.fill('[[reply: Now in a few words.]]');
      await page.getByRole('button', { name: 'Run again' }).click();
      await page.getByText('This is the new run.').waitFor();
      await word(page).filter({ hasText: 'done' }).waitFor();
      await page.getByRole('link', { name: 'an earlier run' }).click();
      await page.getByRole('link', { name: 'run again', exact: true }).waitFor();
      expect((await answerTo(id, 2)).map(({ text }) => text?.includes('Now in a few words.'))).toEqual([
        false,
        true,
      ]);
    });
  });

  it('go on with the stream of a server that was started again, and tell attempts apart', async () => {
    await write('Cut off', `${bash('echo first')} [[gate: cut]] [[reply: After all.]]`);
    await model.arrived('cut');
    await dashboard.visit(
      async (page) => {
        await opens(page, 'Cut off');
        await page.getByText('Live: what happens shows here.').waitFor();
        await dashboard.server.restart();
        await model.arrived('cut', 2);
        await page.getByRole('heading', { name: 'Attempt 2' }).waitFor();
        await page.getByText('Live: what happens shows here.').waitFor();
        model.release('cut');
        await word(page).filter({ hasText: 'done' }).waitFor();
        expect(await page.getByRole('heading', { name: /^Attempt \d/ }).count()).toBe(2);
        await screenshot(page, 'run-attempts');
      },
      { mayFail: /\/events/ },
    );
  });

  it('are read without scripts: the list with its filters, the step that failed, any other', async () => {
    const command = `echo before; echo '${MARKUP}'; seq 1 1500`;
    await write('No credit', `${bash(command)} [[status: 400 The credit balance is too low.]]`);
    await eventually(() => dashboard.list('/runs?status=failed')).toContainEqual(
      expect.objectContaining({ subject: 'No credit' }),
    );
    await dashboard.visit(
      async (page) => {
        await page.goto('/runs?status=failed');
        expect(await page.getByRole('link', { name: 'Moorings' }).count()).toBe(0);
        await page.getByRole('link', { name: 'No credit' }).click();
        expect(await page.locator('[data-detail] h2').textContent()).toBe('The attempt failed');
        expect(await page.locator('[data-part=text]').textContent()).toContain('HTTP status 400');
        await page.locator('.steps [data-kind=tool] a').click();
        expect(await page.locator('[data-part=text]').textContent()).toContain('before');
        await page.getByRole('link', { name: 'Open all of it' }).click();
        const whole = (await page.locator('main pre').textContent()) ?? '';
        expect([whole.startsWith(`before\n${MARKUP}\n1\n`), whole.trimEnd().endsWith('\n1500')]).toEqual([
          true,
          true,
        ]);
        expect(await page.locator('main img, main script').count()).toBe(0);
        await screenshot(page, 'run-output');
        await rm(join((await dashboard.server.json(['agent', 'show', 'scout'])).folder, 'sessions'), {
          recursive: true,
        });
        expect((await page.reload())?.status()).toBe(409);
        expect(await page.locator('main').textContent()).toContain('is not there any more');
        await page.getByRole('link', { name: 'No credit' }).click();
        expect(await page.locator('[data-part=text]').textContent()).toContain('before');
        const answer = await page.goto('/runs/01990000-0000-7000-8000-000000000000');
        expect(answer?.status()).toBe(404);
      },
      { javaScript: false },
    );
  });
});
