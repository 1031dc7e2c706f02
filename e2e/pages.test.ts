/** Pages of the running server in a real Chromium: light and dark, wide and on a phone, with and without JavaScript. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, screenshot, startBrowser, withPage } from './support/browser.ts';
import { faultsOf } from './support/readable.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const NOWHERE = '/no/such/page';

describe('a page', () => {
  let server: Tinyfat;
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startTinyfat({}), startBrowser()]);
    origin = `http://${server.host}:8025`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.dispose();
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([1280, 390])('can be read in a window of %d px', async (width) => {
      await withPage(browser, { origin, colorScheme, width }, async (page) => {
        const answer = await page.goto(NOWHERE);
        expect(answer?.status()).toBe(404);
        expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
        expect(await faultsOf(page)).toEqual([]);
        await screenshot(page, `404-${colorScheme}-${width}`);
      });
    });
  });

  it('differs between light and dark', async () => {
    const grounds = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      await withPage(browser, { origin, colorScheme }, async (page) => {
        await page.goto(NOWHERE);
        grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
      });
    }
    expect(grounds.size).toBe(2);
  });

  it('looks the same without JavaScript, and holds none inside of itself', async () => {
    await withPage(browser, { origin, javaScript: false }, async (page) => {
      await page.goto(NOWHERE);
      expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
      expect(await page.locator('script:not([src]), [style], style').count()).toBe(0);
      expect(await faultsOf(page)).toEqual([]);
    });
  });

  it('lets the keyboard see where it is, and skip to the content', async () => {
    await withPage(browser, { origin }, async (page) => {
      await page.goto(NOWHERE);
      await page.keyboard.press('Tab');
      const skip = page.getByRole('link', { name: 'Skip to the content' });
      expect(await page.evaluate('document.activeElement.textContent')).toBe(await skip.textContent());
      expect((await skip.boundingBox())?.width).toBeGreaterThan(50);
      await page.keyboard.press('Tab');
      const ring = await page.evaluate<string>('getComputedStyle(document.activeElement).outline');
      expect(ring).toContain('solid 3px');
      expect(ring).not.toContain('rgba');
    });
  });

  it('moves nothing for those who asked for less motion', async () => {
    await withPage(browser, { origin }, async (page) => {
      await page.goto(NOWHERE);
      const duration = 'getComputedStyle(document.querySelector("main a")).transitionDuration';
      expect(await page.evaluate(duration)).not.toBe('0s');
      await page.emulateMedia({ reducedMotion: 'reduce' });
      expect(await page.evaluate(duration)).toBe('0s');
    });
  });

  it('gets its stylesheet and icon from this server: the one to be kept for ever, the other for an hour', async () => {
    const html = await (await fetch(`${origin}${NOWHERE}`, { headers: { accept: 'text/html' } })).text();
    const [, stylesheet = ''] = /<link rel="stylesheet" href="(\/_astro\/[^"]+\.css)"/.exec(html) ?? [];
    const style = await fetch(`${origin}${stylesheet}`);
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(style.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const [, icon = ''] = /<link rel="icon" type="image\/svg\+xml" href="([^"]+)"/.exec(html) ?? [];
    const image = await fetch(`${origin}${icon}`);
    expect(image.headers.get('content-type')).toBe('image/svg+xml');
    expect(image.headers.get('cache-control')).toBe('public, max-age=3600');
  });
});
