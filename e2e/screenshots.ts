/** `npm run screenshots`: pictures of the dashboard for the documentation, made anew into docs/pictures. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FirmIds } from './support/firm.ts';
import { startSample } from './support/sample.ts';

const FOLDER = fileURLToPath(new URL('../docs/pictures', import.meta.url));
const PAGES: readonly (readonly [name: string, path: (ids: FirmIds) => string])[] = [
  ['home', () => '/'],
  ['run', ({ answered }) => `/runs/${answered.run}`],
  ['approval', ({ held }) => `/approvals/${held}`],
  ['mail', ({ answered }) => `/mails/${answered.mail}`],
  ['usage', () => '/usage?days=30'],
];
const WINDOWS = [
  { name: 'wide', width: 1440, height: 900 },
  { name: 'phone', width: 390, height: 844 },
];

await mkdir(FOLDER, { recursive: true });
const sample = await startSample();
try {
  for (const [name, path] of PAGES) {
    for (const { name: size, width, height } of WINDOWS) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const picture = `${name}-${size}-${colorScheme}.png`;
        console.error(picture);
        await sample.dashboard.visit(
          async (page) => {
            await page.setViewportSize({ width, height });
            await page.goto(path(sample.ids));
            await page.waitForLoadState('load');
            await page.screenshot({ path: `${FOLDER}/${picture}`, animations: 'disabled' });
          },
          { width, colorScheme },
        );
      }
    }
  }
} finally {
  await sample.dispose();
}
