import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Unit tests of core that don't run in workerd, and why. */
const notInWorkerd = [
  // They read the documentation, or ask for CPU time, which workerd does not tell.
  'packages/core/src/errors/documented.test.ts',
  'packages/core/src/admission/report.test.ts',
  'packages/core/src/outbox/bounce.security.test.ts',
  // Thousands of random texts: seconds each, and the code has nothing that a runtime could do differently.
  'packages/core/src/commands/parse.test.ts',
  'packages/core/src/outbox/schema.security.test.ts',
];

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
        test: {
          name: 'workerd',
          include: ['packages/*/src/**/*.workerd.test.ts', 'packages/core/src/**/*.test.ts'],
          exclude: notInWorkerd,
          isolate: false,
          testTimeout: 30_000,
        },
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
