import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** `npm run fuzz` tries properties for as long as it takes. */
const withinMs = (ms: number) => (process.env.FUZZ_RUNS === undefined ? ms : 0);

/** What `npm run test:quick` leaves out: sandboxes, the launcher, bombs, fuzz and the databases of old versions. */
const SLOW = [
  'apps/step-mom/**',
  'bin/**',
  'packages/database/src/upgrades/**',
  'packages/sandbox/**',
  '**/*bombs.security.test.ts',
  '**/{full-folders,fuzz,held-bytes,odd-domains,readable}.security.test.ts',
  'apps/server/src/rotation.test.ts',
];

/** Tests that start or ask a Postgres of their own: for `bin/with-postgres`. */
const NEED_POSTGRES = ['packages/{database,testing}/src/postgres/**/*.test.ts', '**/*.postgres.test.ts'];

/**
 * Files of e2e that run on Postgres too: the ways of a mail, and what dies, waits or counts in the middle. What commands,
 * accounts and notices ask of the database is tested in the project `postgres`.
 */
const STORY_ON_POSTGRES = [
  'api',
  'bounces',
  'budget',
  'crash',
  'intake',
  'operations',
  'plain-reply',
  'several-machines',
  'several-processes',
  'webhook-resend',
];

/** Files of e2e that run on Workers: the story, which runs on one machine too, and what only Workers can show. */
const ON_WORKERS = ['e2e/story.test.ts', 'e2e/on-workers/**/*.test.ts'];

/** Unit tests of core that don't run in workerd, and why. */
const notInWorkerd = [
  // They read the documentation, or ask for CPU time, which workerd does not tell.
  'packages/core/src/errors/documented.test.ts',
  'packages/core/src/admission/report.test.ts',
  'packages/core/src/outbox/report-effect.security.test.ts',
  // It compares with the URL parser of Node, which is another one there.
  'packages/core/src/admission/punycode.test.ts',
  // Thousands of random texts: seconds each, and the code has nothing that a runtime could do differently.
  'packages/core/src/commands/parse.test.ts',
  'packages/core/src/outbox/schema.security.test.ts',
];

/**
 * Files of `postgres` that run in workerd too, through Hyperdrive: what claims, counts, locks and signs in. The others ask
 * for threads, processes or folders of Node, or only read.
 */
const THROUGH_HYPERDRIVE = [
  'packages/database/src/{budgets,leased-rows,locks,provider-keys,sealed-keys,webhook-events}.test.ts',
  'packages/intake/src/{enqueue,receive}.test.ts',
  'packages/intake/src/webhooks/{reconcile,take-webhook.security,work}.test.ts',
  'packages/jobs/src/{drain,job-queue,work-loop,worker}.test.ts',
  'apps/platform/src/accounts/{sessions,sessions-at-once,sign-in,sign-in-limits.security}.test.ts',
  '**/*.hyperdrive.test.ts',
];

/**
 * Files about what lies in folders, or about the text of something: the few rows that they need are read and written by
 * what has tests of its own on Postgres.
 */
const NOT_OF_AN_ENGINE = [
  'apps/platform/src/{api/transcript,operations}/**',
  'apps/platform/src/api/{documented,held-bytes.security,json-shape.security,openapi,usage-csv.security,zone-offsets}.test.ts',
  'apps/platform/src/api/resources/{files,files.security,files-in-bucket,full-folders.security,mail-views}.test.ts',
  'apps/platform/src/api/resources/{put-file.security,replace-skill,skills}.test.ts',
  'apps/platform/src/cloudflare/{body-end,config,isolate.security,take-email.security}.test.ts',
  'apps/sandbox-queue/src/cloudflare/{batch,config,sweep,work}.test.ts',
  'apps/sandbox-queue/src/outbox/{collect.security,prepare,rewriting}.test.ts',
  'packages/database/src/search/{parse-query,snippet,words}.test.ts',
  'packages/intake/src/webhooks/{documented,read-webhook-body.security,take-webhook.security}.test.ts',
];

export default defineConfig({
  // What packages require in workerd is looked up here, not in their project, and without the conditions of Workers: `pg`
  // would get the empty module for Node.
  resolve: { alias: { 'pg-cloudflare': path('node_modules/pg-cloudflare/dist/index.js') } },
  test: {
    // A test waits for a process, a browser, a socket or the disk for a third of its time: two files more than there are cores.
    maxWorkers: availableParallelism() + 2,
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
          exclude: [
            '**/*.{workerd,hyperdrive}.test.ts',
            ...NEED_POSTGRES,
            ...(process.env.TEST_QUICK === undefined ? [] : SLOW),
          ],
          // Modules are loaded once for many files, which takes a fifth of the time.
          isolate: false,
          setupFiles: ['packages/testing/src/leave-no-trace.ts'],
          testTimeout: withinMs(30_000),
        },
      },
      {
        // Files of `unit` once more, with their databases on Postgres, and those about Postgres.
        test: {
          name: 'postgres',
          env: { TEST_ENGINE: 'postgres' },
          include: [
            'packages/{database,jobs,intake}/src/**/*.test.ts',
            'apps/{platform,sandbox-queue}/src/**/*.test.ts',
            'apps/server/src/files/sign-in-key-file.test.ts',
            'apps/server/src/retention/**/*.test.ts',
            ...NEED_POSTGRES,
          ],
          exclude: [
            '**/node_modules/**',
            '**/*.{workerd,hyperdrive}.test.ts',
            // About SQLite itself: its files, its old versions, its catalogue.
            'packages/database/src/raw-keys.test.ts',
            'packages/database/src/{sqlite,upgrades}/**',
            // What pages make of answers of the API, whose own tests are here.
            'apps/platform/src/{adapter,components,dashboard,http,node,scripts,styles,view}/**',
            ...NOT_OF_AN_ENGINE,
          ],
          isolate: false,
          setupFiles: ['packages/testing/src/leave-no-trace.ts'],
          globalSetup: [
            'packages/testing/src/postgres/global-setup.ts',
            'packages/testing/src/bundles-of-run.ts',
          ],
          testTimeout: withinMs(30_000),
        },
      },
      {
        // The portable code in the runtime of Cloudflare Workers; of its services, a bucket of R2.
        plugins: [
          cloudflareTest({
            miniflare: {
              compatibilityDate: '2026-11-01',
              compatibilityFlags: ['nodejs_compat'],
              r2Buckets: ['DATA'],
            },
          }),
        ],
        test: {
          name: 'workerd',
          include: [
            'apps/sandbox-spike/src/container/copy/*.workerd.test.ts',
            'apps/platform/src/accounts/oidc/*.workerd.test.ts',
            'packages/*/src/**/*.workerd.test.ts',
            'packages/core/src/**/*.test.ts',
          ],
          exclude: notInWorkerd,
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        // The database from a Worker: workerd, its Hyperdrive, a pooler in transaction mode, Postgres.
        plugins: [
          cloudflareTest(({ inject }) => ({
            main: path('apps/platform/src/accounts/test-support/sign-in-worker.ts'),
            miniflare: {
              compatibilityDate: '2026-11-01',
              compatibilityFlags: ['nodejs_compat'],
              ...inject('hyperdriveOfRun'),
            },
          })),
        ],
        resolve: {
          alias: {
            '@tinyfat/testing/fresh-database': path('packages/testing/src/hyperdrive/fresh-database.ts'),
          },
        },
        test: {
          name: 'workerd-postgres',
          env: { TEST_ENGINE: 'postgres' },
          include: THROUGH_HYPERDRIVE,
          isolate: false,
          globalSetup: [
            'packages/testing/src/postgres/global-setup.ts',
            'packages/testing/src/hyperdrive/global-setup.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['e2e/on-workers/**'],
          isolate: false,
          setupFiles: ['packages/testing/src/leave-no-trace.ts', 'e2e/support/leave-nothing.ts'],
          globalSetup: [
            'e2e/support/database-template.ts',
            'e2e/support/start-command-runner.ts',
            'e2e/support/etc-template.ts',
          ],
          testTimeout: withinMs(120_000),
          hookTimeout: 120_000,
        },
      },
      {
        // The story of mail on Workers: all four in workerd, with Postgres behind Hyperdrive, and a stand-in for containers.
        test: {
          name: 'e2e-cloudflare',
          env: { TEST_ENGINE: 'postgres', TEST_COMPOSITION: 'cloudflare' },
          include: ON_WORKERS,
          isolate: false,
          setupFiles: ['packages/testing/src/leave-no-trace.ts', 'e2e/support/leave-nothing.ts'],
          globalSetup: [
            'packages/testing/src/postgres/global-setup.ts',
            'e2e/support/cloudflare/build-workers.ts',
          ],
          testTimeout: withinMs(120_000),
          hookTimeout: 120_000,
        },
      },
      {
        // The same in containers of the real image, where an engine of Docker and wrangler's sidecar image are there.
        test: {
          name: 'e2e-docker',
          env: { TEST_ENGINE: 'postgres', TEST_COMPOSITION: 'cloudflare', TEST_CONTAINERS: 'docker' },
          include: ['e2e/story.test.ts'],
          setupFiles: ['packages/testing/src/leave-no-trace.ts', 'e2e/support/leave-nothing.ts'],
          globalSetup: [
            'packages/testing/src/postgres/global-setup.ts',
            'e2e/support/cloudflare/build-for-engine.ts',
          ],
          testTimeout: withinMs(120_000),
          hookTimeout: 600_000,
        },
      },
      {
        // The story of a mail once more, with the servers on Postgres behind a pooler.
        test: {
          name: 'e2e-postgres',
          env: { TEST_ENGINE: 'postgres' },
          include: STORY_ON_POSTGRES.map((name) => `e2e/${name}.test.ts`),
          isolate: false,
          setupFiles: ['packages/testing/src/leave-no-trace.ts', 'e2e/support/leave-nothing.ts'],
          globalSetup: [
            'packages/testing/src/postgres/global-setup.ts',
            'e2e/support/start-command-runner.ts',
            'e2e/support/etc-template.ts',
          ],
          testTimeout: withinMs(120_000),
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
