/** What turns used, and search, as a person sees them: on any screen, and without scripts. */
import { insertAgent, setBudget } from '@tinyfat/database';
import { addManyRows, agentId } from '@tinyfat/testing/many-rows';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, OWNER, openDashboard } from '../support/dashboard.ts';
import { openDatabaseOf } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { sendMail } from '../support/mail.ts';

const DAY_MS = 86_400_000;

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await openDashboard({ agents: { scout: [] } });
});
afterAll(() => dashboard.dispose());

describe('the page about usage', () => {
  beforeAll(async () => {
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
      // It is shown while one points at the picture.
      expect(await page.locator('figure[data-chart=bars] .u-legend').textContent()).toContain('Tokens');
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
    for (const [width, colorScheme] of [
      [390, 'dark'],
      [1440, 'light'],
    ] as const) {
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
      const bodies: Promise<Buffer>[] = [];
      page.on('response', (answer) => bodies.push(answer.body()));
      await page.goto('/usage?days=90&by=agent');
      await page.locator('figure[data-chart=month] canvas').waitFor();
      const bytes = (await Promise.all(bodies)).reduce((sum, { length }) => sum + length, 0);
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
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/^\/sign-in/);
  });
});

describe('search', () => {
  const SUBJECT = 'Zebra <script>alert(1)</script> "report"';
  beforeAll(async () => {
    const { server } = dashboard;
    const before = (await server.answers(0)).length;
    await sendMail(server, {
      from: `The Owner <${OWNER}>`,
      to: 'scout@tinyfat.localhost',
      subject: SUBJECT,
      text: 'Please count the <b>stripes</b> of every zebra.',
    });
    await server.answers(before + 1);
  });

  it('finds a mail, its answer and its session by their words, and leads to them', async () => {
    await dashboard.visit(async (page) => {
      await page.goto('/');
      await page.getByRole('searchbox').fill('zebra in:mails');
      await page.getByRole('searchbox').press('Enter');
      await page.waitForURL(/\/search\?q=zebra/);
      const found = page.locator('.found li');
      expect(await found.count()).toBe(1);
      expect(await found.innerText()).toContain(SUBJECT);
      expect(await found.innerText()).toContain('<b>stripes</b>');
      expect(await found.locator('mark').allInnerTexts()).toContain('Zebra');
      await expectReadable(page);
      await screenshot(page, 'search');
      await page.goto(`/search?q=${encodeURIComponent('zebra ')}`);
      // The run is made findable once its answer is on its way.
      await eventually(async () => {
        await page.reload();
        return await page.locator('.found li').count();
      }).toBe(3);
      const links = page.locator('.found strong a');
      const hrefs = await links.evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
      for (const place of ['/mails/', '/outbox/', '/runs/']) {
        expect(hrefs.filter((href) => href.startsWith(place))).toHaveLength(1);
      }
      await links.last().click();
      await page.waitForURL(/\/(mails|outbox|runs)\/[0-9a-f-]+$/);
      expect(await page.locator('main').innerText()).toContain('Zebra');
    });
  });

  it('works without scripts and on a phone, says what is wrong, and is of nobody else', async () => {
    await dashboard.visit(
      async (page) => {
        const wrong = await page.goto('/search?q=before:soon');
        expect(wrong?.status()).toBe(400);
        expect(await page.getByRole('alert').innerText()).toContain('Write a day');
        await screenshot(page, 'search-wrong');
        await page.goto('/search?q=zebra');
        expect(await page.locator('.found li').count()).toBeGreaterThan(0);
        await screenshot(page, 'search-390');
      },
      { javaScript: false, width: 390 },
    );
    const cookie = await dashboard.signIn('eve@example.com');
    await dashboard.visit(
      async (page) => {
        await page.goto('/search?q=zebra');
        expect(await page.locator('main').innerText()).toContain('Nothing has all of that');
      },
      { cookie },
    );
  });
});
