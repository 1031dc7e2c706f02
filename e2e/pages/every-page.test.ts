/** Every page of the dashboard on a phone and in a wide window, light and dark: axe-core, contrast, width. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { expectReadable } from '../support/dashboard.ts';
import { type Sample, startSample } from '../support/sample.ts';

const PAGES: readonly (readonly [name: string, path: (ids: Sample['ids']) => string])[] = [
  ['home', () => '/'],
  ['approvals', () => '/approvals'],
  ['approval', ({ held }) => `/approvals/${held}`],
  ['approval-edit', ({ held }) => `/approvals/${held}/edit`],
];

describe('every page', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample?.dispose());

  it.each(PAGES)('can be read: %s', async (name, path) => {
    await sample.dashboard.visit(
      async (page) => {
        const answer = await page.goto(path(sample.ids));
        expect(answer?.status()).toBe(200);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          for (const width of [390, 1440]) {
            await page.setViewportSize({ width, height: 844 });
            await expectReadable(page);
            await screenshot(page, `${name}-${colorScheme}-${width}`);
          }
        }
      },
      { width: 390 },
    );
  });
});
