/** One server and one browser for the tests of an area of the dashboard, with somebody signed in. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import {
  type Browser,
  openPage,
  type Page,
  type PageOptions,
  startBrowser,
  type WatchedPage,
  withPage,
} from './browser.ts';
import { faultsOf } from './readable.ts';
import { signIn } from './sign-in.ts';
import { type ServerOptions, startTinyfat, type Tinyfat } from './tinyfat.ts';

export interface Dashboard {
  server: Tinyfat;
  origin: string;
  /** Opens a page for the owner who is signed in, in a browser context of its own (see `withPage`). */
  visit(look: (page: Page) => Promise<void>, options?: Partial<Visit>): Promise<void>;
  /** Opens one that stays, for tests that go from page to page: it is lighter than a visit for each. */
  open(options?: Partial<Visit>): Promise<WatchedPage>;
  /** The first page of a list of the API, such as `/mails?agent=scout`, as the owner sees it. */
  list(path: string): Promise<Record<string, string>[]>;
  /** The cookie of a session for this address; mails to it are counted as others of the Maildir are. */
  signIn(address: string): Promise<string>;
  dispose(): Promise<void>;
}

interface Visit extends Omit<PageOptions, 'origin'> {
  /** Whose browser it is; null: nobody is signed in. */
  cookie: string | null;
}

/** The owner of every agent that `startTinyfat` makes. */
export const OWNER = 'owner@example.com';

export interface DashboardOptions extends ServerOptions {
  /** Who is signed in; `OWNER` if not given. They must have an agent, or be an admin. */
  owner?: string;
  /** Makes agents of other owners. */
  prepareAgents?: (cli: Tinyfat['cli']) => Promise<void>;
}

/** Starts the server with these agents, and signs the owner in. */
export async function openDashboard(options: DashboardOptions = {}): Promise<Dashboard> {
  const [server, browser]: [Tinyfat, Browser] = await Promise.all([startTinyfat(options), startBrowser()]);
  await options.prepareAgents?.(server.cli);
  const origin = `http://${server.host}:8025`;
  const cookie = await signIn(server, options.owner ?? OWNER);
  return {
    server,
    origin,
    signIn: (address) => signIn(server, address),
    async list(path) {
      const answer = await fetch(`${origin}/api/v1${path}`, { headers: { cookie } });
      return ((await answer.json()) as { data: Record<string, string>[] }).data;
    },
    visit: (look, visit = {}) => withPage(browser, { origin, cookie, ...visit }, look),
    open: (visit = {}) => openPage(browser, { origin, cookie, ...visit }),
    async dispose() {
      await browser.close();
      await server.dispose();
    },
  };
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let axe: Promise<string> | undefined;

/**
 * Fails where axe-core finds anything serious or critical, a text lacks contrast, or the page is wider than the window. With
 * `colorsOnly` axe looks at colours alone: for a page that was looked at in the other scheme.
 */
export async function expectReadable(page: Page, { colorsOnly = false } = {}): Promise<void> {
  axe ??= readFile(AXE, 'utf8');
  // Evaluated by the browser's own protocol: the policy of the page lets no script of a test in.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(await axe);
  const options = {
    resultTypes: ['violations'],
    // The markup of an element says which it is.
    selectors: false,
    ...(colorsOnly ? { runOnly: ['color-contrast'] } : {}),
  };
  const found = await page.evaluate<{ id: string; impact: string; nodes: string[] }[]>(`axe
    .run(document, ${JSON.stringify(options)})
    .then(({ violations }) => violations.map(({ id, impact, nodes }) => (
      { id, impact, nodes: nodes.slice(0, 5).map(({ html }) => html.slice(0, 200)) })))`);
  expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  expect(await faultsOf(page)).toEqual([]);
}
