/** A real Chromium that looks at pages of the server under test, and at nothing else. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export type { Browser, Page };

/** Starts the Chromium that bin/with-chromium names in CHROMIUM_PATH, with an empty profile. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (!executablePath) {
    throw new Error(
      'CHROMIUM_PATH is not set. Run: sh bin/with-node sh bin/with-chromium npx vitest run FILE',
    );
  }
  return await chromium.launch({
    executablePath,
    // It sees only pages of this checkout; root has no sandbox in Chromium, nor have users on every machine.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--disable-sync'],
  });
}

export interface PageOptions {
  /** Where the pages are; a request to anywhere else is stopped and fails the test. */
  origin: string;
  colorScheme?: 'light' | 'dark';
  /** Of the window, in CSS pixels. */
  width?: number;
  javaScript?: boolean;
  /** What the browser has kept, as it sends it; null for nothing. */
  cookie?: string | null;
  /** Of the browser, as IANA names it. */
  timeZone?: string;
  /** What may fail to load although the server is asked for it, such as while the test restarts it. */
  mayFail?: RegExp;
}

/** A page that is watched. */
export interface WatchedPage {
  page: Page;
  /**
   * Throws when, since the last check, the page wrote an error to the console, broke the content security policy, threw,
   * or asked for anything outside its origin.
   */
  check(): void;
  close(): Promise<void>;
}

/** Opens a page in a profile of its own. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const width = options.width ?? 1280;
  const context = await browser.newContext({
    baseURL: options.origin,
    colorScheme: options.colorScheme ?? 'light',
    javaScriptEnabled: options.javaScript ?? true,
    timezoneId: options.timeZone ?? 'Europe/Berlin',
    viewport: { width, height: width < 600 ? 844 : 800 },
  });
  // Nothing that is waited for is late before its test is: the machine may be busy with others.
  context.setDefaultTimeout(110_000);
  const complaints = await watch(context, options.origin, options.mayFail);
  for (const pair of options.cookie?.split('; ') ?? []) {
    const [name = '', value = ''] = pair.split('=', 2);
    await context.addCookies([{ name, value, url: options.origin }]);
  }
  return {
    page: await context.newPage(),
    check() {
      const found = complaints.splice(0);
      if (found.length > 0) throw new Error(`the page is not clean:\n${found.join('\n')}`);
    },
    close: () => context.close(),
  };
}

/** Opens a page, hands it over, checks it (see `WatchedPage`) and closes it. */
export async function withPage(
  browser: Browser,
  options: PageOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, check, close } = await openPage(browser, options);
  try {
    await look(page);
    check();
  } finally {
    await close();
  }
}

/** Everything that a page must not do, as it happens. */
async function watch(context: BrowserContext, origin: string, mayFail?: RegExp): Promise<string[]> {
  const complaints: string[] = [];
  /** Chromium calls the status of a page itself an error, too; tests look at that. */
  const opened = new Set<string>();
  await context.route(
    (url) => url.origin !== origin && url.protocol.startsWith('http'),
    async (route) => {
      complaints.push(`foreign request: ${route.request().url()}`);
      await route.abort();
    },
  );
  context.on('request', (request) => request.isNavigationRequest() && opened.add(request.url()));
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    if (mayFail?.test(url) && message.text().startsWith('Failed to load resource')) return;
    if (opened.has(url) && message.text().startsWith('Failed to load resource: the server responded')) return;
    complaints.push(`console: ${message.text()} (${url})`);
  });
  context.on('weberror', (error) => complaints.push(`thrown: ${error.error().message}`));
  return complaints;
}

/** Writes the whole page as `NAME.png` into the folder that SCREENSHOTS names; does nothing where it names none. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
