/** What the browser of the tests lets pass, and what fails a test. */
import { createServer } from 'node:http';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, startBrowser, withPage } from './browser.ts';
import { faultsOf } from './readable.ts';

const ICON = '<link rel="icon" href="data:,">';
const PAGES: Readonly<Record<string, string>> = {
  '/clean': '<p>Hello',
  '/foreign': '<p>Hello<img src="https://tinyfat.invalid/x.png" alt="">',
  '/throws': '<script>throw new Error("oh")</script>',
  '/inline':
    '<meta http-equiv="content-security-policy" content="style-src \'self\'"><p style="color:red">Hello',
  '/missing-image': '<img src="/nothing.png" alt="">',
  '/pale': '<p style="color:#999;background:#fff">Pale',
  '/wide': '<p style="width:2000px">Wide',
};

describe('a page that is watched', () => {
  let site: Awaited<ReturnType<typeof listenOnLoopback>>;
  let browser: Browser;
  beforeAll(async () => {
    const server = createServer((request, response) => {
      const body = PAGES[request.url ?? ''];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/html' });
      response.end(`<!doctype html>${ICON}${body ?? 'Nothing'}`);
    });
    site = await listenOnLoopback(server);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  const open = (path: string) =>
    withPage(browser, { origin: site.url }, async (page) => {
      await page.goto(path);
    });

  it.each(['/clean', '/no-such-page'])('passes with %s', async (path) => {
    await expect(open(path)).resolves.toBeUndefined();
  });

  it.each([
    ['/foreign', 'foreign request: https://tinyfat.invalid/x.png'],
    ['/throws', 'thrown: oh'],
    ['/inline', 'Content Security Policy'],
    ['/missing-image', 'status of 404'],
  ])('fails with %s', async (path, complaint) => {
    await expect(open(path)).rejects.toThrow(complaint);
  });

  it.each([
    ['/pale', /"Pale": rgb\(153, 153, 153\) on rgb\(255, 255, 255\) has a contrast of 2\.85/],
    ['/wide', /wider than the window/],
  ])('has a fault to tell of %s', async (path, fault) => {
    await withPage(browser, { origin: site.url }, async (page) => {
      await page.goto(path);
      expect(await faultsOf(page)).toEqual([expect.stringMatching(fault)]);
    });
  });
});
