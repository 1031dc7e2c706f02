import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Most of the time a test waits for a process or a socket, so every core has a file of its own.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'apps/*/src/**/*.test.ts',
            'packages/*/src/**/*.test.ts',
            'bin/*.test.ts',
            'deploy/*.test.ts',
          ],
          exclude: ['**/*.workerd.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        // The portable code in the runtime of Cloudflare Workers, with no services behind it.
        plugins: [
          cloudflareTest({
            miniflare: { compatibilityDate: '2026-10-01', compatibilityFlags: ['nodejs_compat'] },
          }),
        ],
        test: { name: 'workerd', include: ['packages/*/src/**/*.workerd.test.ts'], testTimeout: 30_000 },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['e2e/support/start-command-runner.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
