/**
 * Every page of the dashboard on a phone and in a wide window, light and dark: axe-core, contrast, width; and whom it is
 * shown to (invariant 9).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenshot, type WatchedPage } from '../support/browser.ts';
import { expectReadable } from '../support/dashboard.ts';
import { STRANGER } from '../support/firm.ts';
import { PAGES } from '../support/firm-pages.ts';
import { type Sample, startSample } from '../support/sample.ts';

describe('every page', () => {
  let sample: Sample;
  /** Of the owner; goes through all of them. */
  let watched: WatchedPage;
  beforeAll(async () => {
    sample = await startSample();
    watched = await sample.dashboard.open();
  });
  afterAll(() => sample?.dispose());

  it('about something is not found by another owner, and nothing by nobody', async () => {
    const { dashboard, ids } = sample;
    const cookie = await dashboard.signIn(STRANGER);
    // Ids, and names of agents: what stands in these is somebody's.
    const isOfOwner = (path: string) => /\/(?:[\da-f]{8}-|scout)|agent=/.test(path);
    const paths = PAGES.map(([, path]) => path(ids));
    expect(paths.filter(isOfOwner).length).toBeGreaterThan(18);
    for (const path of paths) {
      const get = (headers: Record<string, string>) =>
        fetch(`${dashboard.origin}${path}`, {
          headers: { accept: 'text/html', ...headers },
          redirect: 'manual',
        });
      const shown = await get({ cookie });
      expect([path, shown.status]).toEqual([path, isOfOwner(path) ? 404 : 200]);
      expect(await shown.text()).not.toContain('mira@harbour.example');
      const closed = await get({});
      expect([path, closed.status]).toEqual([path, path === '/' ? 200 : 303]);
    }
  });

  it.each(PAGES)('can be read: %s', async (name, path) => {
    const { page, check } = watched;
    // What was looked at before may have left a dark window.
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const answer = await page.goto(path(sample.ids));
    expect(answer?.status()).toBe(200);
    for (const colorScheme of ['light', 'dark'] as const) {
      // Without transitions, in the middle of which a text has no contrast.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 844 });
        await expectReadable(page, { colorsOnly: colorScheme === 'dark' });
        await screenshot(page, `${name}-${colorScheme}-${width}`);
      }
    }
    check();
  });
});
