/** What is read where a page is missing or broke: a page by people, problem details by programs, the cause by nobody. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LogFields } from '@tinyfat/core';
import { type Backend, faultReporter } from '@tinyfat/platform';
import { createMetrics, type HttpServer, startHttpServer } from '@tinyfat/platform/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nobody } from '../apps/platform/src/accounts/test-support/nobody.ts';
import { type Browser, screenshot, startBrowser, withPage } from './support/browser.ts';
import { faultsOf } from './support/readable.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const ASTRO = path('../node_modules/astro/bin/astro.mjs');
const PLATFORM = path('../apps/platform');
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('an error', () => {
  let outDir: string;
  let server: HttpServer;
  let browser: Browser;
  let origin: string;
  const faults: LogFields[] = [];
  const quiet = () => undefined;
  const logger = {
    ...{ debug: quiet, info: quiet, warn: quiet },
    error: (event: string, fields: LogFields = {}) => void faults.push({ event, ...fields }),
  };
  const noWebhooks = async () => ({ status: 200, code: null, reason: null });
  const backend: Backend = {
    publicUrl: new URL('https://tinyfat.example'),
    checks: {},
    warnings: {},
    metrics: { ...createMetrics(() => Promise.reject(new Error('the database is gone'))) },
    metricsToken: null,
    webhooks: { takeResend: noWebhooks, takePostmark: noWebhooks },
    accounts: {
      ...nobody,
      visit: async (headers) => {
        if (headers.get('cookie') === 'break=accounts') throw new Error('no accounts');
        return null;
      },
    },
    mailDomain: 'tinyfat.example',
    openDecision: async () => ({ ok: false, why: 'unknown' }),
    askFor: () => async () => {
      throw new Error('no page asks here');
    },
    api: async () => new Response(null, { status: 404 }),
    reportFault: faultReporter(logger, () => `fault-${faults.length + 1}`),
  };

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'tinyfat-pages-'));
    const words = ['build', '--config', '../../e2e/broken-page/astro.config.ts', '--silent'];
    // Vitest's NODE_ENV would make a build for development.
    const env = { PATH: process.env.PATH, HOME: outDir, OUT_DIR: outDir, ASTRO_TELEMETRY_DISABLED: '1' };
    await promisify(execFile)(process.execPath, [ASTRO, ...words], { cwd: PLATFORM, env });
    server = await startHttpServer({
      ...{ host: '127.0.0.1', port: 0, builtFolder: outDir, trustedProxies: [], backend, logger },
    });
    origin = `http://127.0.0.1:${server.port}`;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close(0);
    await rm(outDir, { recursive: true, force: true });
  });
  const ask = (where: string, init: RequestInit = {}) => fetch(`${origin}${where}`, init);
  const expectSealed = ({ headers }: Response) => {
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('strict-transport-security')).toContain('max-age=');
  };

  it('of a page is shown to a browser as a page with the id of the log line, and without the cause', async () => {
    const answer = await ask('/broken/secret-token', { headers: BROWSER });
    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-type')).toBe('text/html');
    expectSealed(answer);
    const html = await answer.text();
    const logged = faults.at(-1);
    expect(html).toContain(`>${logged?.id}<`);
    expect(html).not.toMatch(/hunter2|Before|\.mjs|Error:/);
    expect(logged).toMatchObject({ event: 'page_fault', route: '/broken/[id]' });
    expect(logged?.error).toBe('the password of the database is hunter2');
    expect(JSON.stringify(logged)).not.toContain('secret-token');
  });

  it('of a page is told to a program as problem details with that id', async () => {
    const answer = await ask('/broken/1');
    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expectSealed(answer);
    const problem = await answer.json();
    expect(problem).toMatchObject({
      code: 'server_fault',
      detail: `The log has it as ${faults.at(-1)?.id}.`,
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it.each(['/no/such/page', '/gone/7', '/_astro', '/..%2f..%2fetc/passwd'])(
    'for %s, which is not there, is a page or a problem',
    async (where) => {
      const page = await ask(where, { headers: BROWSER });
      expect(page.status).toBe(404);
      expect(page.headers.get('content-type')).toBe('text/html');
      expectSealed(page);
      expect(await page.text()).toContain('<h1>Return to sender</h1>');
      const problem = await ask(where);
      expect(problem.status).toBe(404);
      expect(problem.headers.get('content-type')).toBe('application/problem+json');
      expectSealed(problem);
      expect(await problem.json()).toMatchObject({ code: 'not_found' });
    },
  );

  it.each(['/api/v1/nothing', '/api', '/health/nothing', '/webhooks/nothing', '/metrics/nothing'])(
    'of %s is for programs, whatever they accept',
    async (where) => {
      const answer = await ask(where, { headers: BROWSER });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('of what programs read names the id, too', async () => {
    const answer = await ask('/metrics', { headers: BROWSER });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ detail: `The log has it as ${faults.at(-1)?.id}.` });
    expect(faults.at(-1)).toMatchObject({ route: '/metrics', error: 'the database is gone' });
  });

  it.each([
    ['/no/such/page', 404],
    ['/broken/1', 500],
  ])('answers HEAD %s like GET, without the body', async (where, status) => {
    for (const [headers, type] of [
      [BROWSER, 'text/html'],
      [{}, 'application/problem+json'],
    ] as const) {
      const answer = await ask(where, { method: 'HEAD', headers });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe(type);
      expectSealed(answer);
      expect(await answer.text()).toBe('');
    }
  });

  it('after a form is a page, too', async () => {
    const answer = await ask('/broken/1', {
      method: 'POST',
      headers: { ...BROWSER, origin: backend.publicUrl.origin },
      body: new URLSearchParams({ a: 'b' }),
    });
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain('<h1>Damaged in the post</h1>');
  });

  it('of the accounts is a page with an id, too', async () => {
    const answer = await ask('/', { headers: { ...BROWSER, cookie: 'break=accounts' } });
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain('<h1>Damaged in the post</h1>');
    expect(text).toContain(String(faults.at(-1)?.id));
    expect(faults.at(-1)?.error).toBe('no accounts');
  });

  it('is given to whoever would write over a file of the pages', async () => {
    const answer = await ask('/favicon.svg', { method: 'POST', body: 'x' });
    expect(answer.status).toBe(404);
    expectSealed(answer);
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each([1280, 390])('can be read in a window of %d px', async (width) => {
      await withPage(browser, { origin, colorScheme, width }, async (page) => {
        const answer = await page.goto('/broken/1');
        expect(answer?.status()).toBe(500);
        expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
        expect(await faultsOf(page)).toEqual([]);
        await screenshot(page, `500-${colorScheme}-${width}`);
      });
    });
  });
});
