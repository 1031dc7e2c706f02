/** What turns used, as a person sees it: the picture, its table, the CSV, on any screen and without scripts. */
import { insertAgent, setBudget } from '@tinyfat/database';
import { addManyRows, agentId } from '@tinyfat/testing/many-rows';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';
import { openDatabaseOf } from '../support/engine.ts';

const DAY_MS = 86_400_000;

describe('the page about usage', () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await openDashboard({ agents: { scout: [] } });
    const db = await openDatabaseOf(dashboard.server);
    await addManyRows(db, {
      rows: 600,
      agents: 3,
      owner: sql`${sql.lit(OWNER)}`,
      until: Date.now() - 3_600_000,
      everyMs: (28 * DAY_MS) / 600,
    });
    await sql`update mails set sender_base = '=cmd|x@example.com' where id like '%7'`.execute(db);
    await sql`update runs set cost_usd = 0.01 * (1 + started_at % 17), input_tokens = 900 + started_at % 5000,
      cache_read_tokens = 20000, model = case when started_at % 3 = 0 then 'claude-opus-4-8' else 'claude-haiku-4-5' end`.execute(
      db,
    );
    await insertAgent(db, { id: 'foreign', name: 'foreign', owner: 'eve@example.com', created_at: 1 }, []);
    await setBudget(db, { scope: 'owner', subject: OWNER, monthly_micro_usd: 80_000_000, updated_at: 1 });
    await db.destroy();
  });
  afterAll(() => dashboard.dispose());

  it('draws what its tables say, over the time and in the unit of its URL', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/usage?days=30');
      for (const name of ['bars', 'month']) {
        await page.locator(`figure[data-chart=${name}] canvas`).waitFor();
      }
      expect(await page.locator('#slots tbody tr').count()).toBe(30);
      // Of the colour of links, which the bars and the line have.
      const drawn = await page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.some((red, at) => at % 4 === 0 && red === 27 && data[at + 1] === 79 && data[at + 2] === 174);
      })`);
      expect(drawn).toEqual([true, true]);
      expect(await page.locator('figure[data-chart=month] .u-legend').innerText()).toContain('Budget');
      await page.getByRole('link', { name: 'Tokens', exact: true }).click();
      await page.waitForURL(/show=tokens/);
      expect(await page.locator('figure[data-chart=bars] .u-legend').innerText()).toContain('Tokens');
      await page.getByRole('link', { name: '24 hours' }).click();
      await page.waitForURL(/days=1&/);
      expect(await page.locator('#slots tbody tr').count()).toBe(24);
    });
  });

  it('adds up by model, agent and sender, and its CSV holds no formula', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/usage?days=30');
      for (const [tab, first] of [
        ['Model', 'claude-'],
        ['Agent', agentId(0).slice(0, 8)],
        ['Sender', 'ann@example.com'],
      ] as const) {
        await page.getByRole('navigation', { name: 'Lines of the table' }).getByText(tab).click();
        await page.waitForURL(new RegExp(`by=${tab.toLowerCase()}`));
        expect(await page.locator('#lines tbody tr').first().innerText()).toContain(first);
      }
      const href = await page.getByRole('link', { name: 'Download as CSV' }).getAttribute('href');
      const csv = await page.evaluate(async (path) => {
        const answer = await fetch(path);
        return { type: answer.headers.get('content-type'), text: await answer.text() };
      }, href ?? '');
      expect(csv.type).toMatch(/^text\/csv/);
      expect(csv.text).toMatch(/^'=cmd\|x@example\.com,/m);
      expect(csv.text).not.toMatch(/^=/m);
    });
  });

  it('is read on a phone, in the dark, and without scripts', async () => {
    for (const width of [390, 1440]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await dashboard.visit(
          async (page) => {
            await page.goto('/usage?days=30&by=model');
            await page.locator('figure[data-chart=month] canvas').waitFor();
            await expectReadable(page);
            await screenshot(page, `usage-${width}-${colorScheme}`);
          },
          { width, colorScheme },
        );
      }
    }
    await dashboard.visit(
      async (page) => {
        await page.goto('/usage');
        expect(await page.locator('#slots tbody tr').count()).toBe(7);
        expect(await page.locator('figure:visible').count()).toBe(0);
      },
      { javaScript: false },
    );
  });

  it('weighs less than 100 kB with all that it loads, also over 90 days', async () => {
    await dashboard.visit(async (page) => {
      let bytes = 0;
      page.on('response', async (answer) => {
        bytes += (await answer.body().catch(() => Buffer.alloc(0))).length;
      });
      await page.goto('/usage?days=90&by=agent', { waitUntil: 'networkidle' });
      expect(bytes).toBeGreaterThan(50_000);
      expect(bytes).toBeLessThan(100_000);
    });
  });

  it('shows nothing of others, and is not there for who is not signed in', async () => {
    const cookie = await dashboard.signIn('eve@example.com');
    await dashboard.visit(
      async (page) => {
        await page.goto('/usage');
        expect(await page.locator('main').innerText()).toContain('No turn in this time');
        const answer = await page.goto(`/usage?agent=${agentId(1)}`);
        expect(answer?.status()).toBe(404);
      },
      { cookie },
    );
    const answer = await fetch(`${dashboard.origin}/usage.csv`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in']);
  });
});
