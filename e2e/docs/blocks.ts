/**
 * What becomes of each block of shell in the docs. A block that is not here fails `docs.test.ts`, as does an entry
 * without its block.
 */

interface Entry {
  page: string;
  /** Stands in this block of the page and in no other. */
  has: string;
}

/** Blocks that `docs-run.test.ts` runs against a real server, on a throw-away folder. */
export const RUN = {
  demo: { page: 'README.md', has: './bin/tinyfat demo ' },
  start: { page: 'README.md', has: './bin/tinyfat start' },
  send: { page: 'README.md', has: './bin/tinyfat send' },
  budgets: { page: 'docs/self-host.md', has: 'tinyfat budget set scout 5' },
  token: { page: 'docs/api.md', has: 'export TOKEN=$(tinyfat token create' },
  remote: { page: 'docs/api.md', has: 'export TINYFAT_SERVER=' },
  api: { page: 'docs/api.md', has: 'API=http://' },
} as const satisfies Record<string, Entry>;

/** Blocks that `self-host.test.ts` follows on a machine of its own. */
export const FOLLOWED: readonly Entry[] = [
  { page: 'docs/self-host.md', has: 'useradd --system' },
  { page: 'docs/self-host.md', has: 'systemctl enable --now tinyfat' },
  { page: 'docs/self-host.md', has: 'git pull' },
];

/** Blocks that are looked at word by word, and why they are not run. */
export const CHECKED: readonly (Entry & { why: string })[] = [
  {
    page: 'docs/cloudflare.md',
    has: 'tinyfat deploy cloudflare',
    why: 'changes an account at Cloudflare; deploy-cloudflare.test.ts makes the dry run',
  },
  {
    page: 'docs/self-host.md',
    has: 'deploy/agent-packages.txt',
    why: 'installs half a gigabyte on this machine',
  },
  {
    page: 'docs/self-host.md',
    has: 'deploy/systemd/root.conf',
    why: 'the machine of self-host.test.ts has a service of an ordinary user',
  },
  {
    page: 'docs/several-processes.md',
    has: 'systemctl enable --now tinyfat@smtp',
    why: 'the machine of self-host.test.ts has one process; deploy/unit.test.ts looks at the unit',
  },
  { page: 'docs/self-host.md', has: 'docker compose up', why: 'Docker is not everywhere' },
  { page: 'docs/self-host.md', has: 'certbot certonly', why: 'needs a certificate authority' },
  {
    page: 'docs/self-host.md',
    has: 'RESEND_WEBHOOK_SECRET=',
    why: 'settings with the secrets of an account at Resend',
  },
  {
    page: 'docs/self-host.md',
    has: 'POSTMARK_WEBHOOK_AUTH=',
    why: 'settings with the secrets of an account at Postmark',
  },
  { page: 'docs/self-host.md', has: 'ADMIN_EMAILS=', why: 'settings of a server behind a proxy' },
  {
    page: 'docs/self-host.md',
    has: 'OIDC_CLIENT_SECRET=',
    why: 'settings with the secret of a client; pages/sign-in-oidc.test.ts signs in by such',
  },
  {
    page: 'docs/self-host.md',
    has: 'tinyfat sending stop',
    why: 'for a running server; pages/settings.test.ts stops and resumes',
  },
  {
    page: 'docs/self-host.md',
    has: 'rsync -aH --numeric-ids --delete',
    why: 'rsync is not everywhere; stops the system’s service',
  },
  {
    page: 'docs/storage.md',
    has: 'STORAGE_SECRET_ACCESS_KEY=',
    why: 'settings with the key of an account at Cloudflare',
  },
  { page: 'docs/storage.md', has: 'rclone copy', why: 'rclone is not everywhere; needs a bucket' },
  {
    page: 'docs/backup.md',
    has: 'tinyfat backup /backup',
    why: 'for the user of a service; backup.test.ts runs it',
  },
  { page: 'docs/backup.md', has: '$(date +%F)', why: 'for the user of a service; backup.test.ts runs it' },
  {
    page: 'docs/backup.md',
    has: 'tinyfat restore',
    why: 'for the user of a service; backup.test.ts runs it',
  },
  { page: 'docs/backup.md', has: 'tinyfat db copy', why: 'for the user of a service, and needs a Postgres' },
  {
    page: 'docs/backup.md',
    has: 'tinyfat agent export',
    why: 'for the user of a service; backup.test.ts runs it',
  },
  {
    page: 'docs/backup.md',
    has: 'before-0015-leases',
    why: 'copy-before-upgrade.test.ts goes that way back',
  },
  { page: 'CONTRIBUTING.md', has: './bin/tinyfat demo ', why: 'README.md has the same block, which is run' },
  {
    page: 'CONTRIBUTING.md',
    has: 'npx vitest run packages/core',
    why: 'these commands run the tests, among them this one',
  },
  { page: 'CONTRIBUTING.md', has: 'SCREENSHOTS=', why: 'these commands run the tests, among them this one' },
];

/** Settings that others read than the server: who does. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  TINYFAT_SET_UP: 'bin/with-node',
  CHROMIUM: 'bin/with-chromium',
  POSTGRES_BIN: 'bin/with-postgres',
  PGBOUNCER_PATH: 'bin/with-postgres',
  DATABASE_TEST_URL: 'packages/testing/src/postgres/global-setup.ts',
  DATABASE_TEST_POOLER_URL: 'packages/testing/src/postgres/global-setup.ts',
  SCREENSHOTS: 'e2e/support/browser.ts',
  FUZZ_RUNS: 'packages/testing/src/fuzz-runs.ts',
  CLOUDFLARE_API_TOKEN: 'apps/cli/src/cloudflare/deploy-settings.ts',
  CLOUDFLARE_ACCOUNT_ID: 'apps/cli/src/cloudflare/deploy-settings.ts',
  WRANGLER_DOCKER_BIN: 'apps/cli/src/cloudflare/docker.ts',
  DNS_OVER_HTTPS: 'apps/mail-worker/src/config.ts',
  NODE_EXTRA_CA_CERTS: 'Node',
  NODE_COMPILE_CACHE: 'Node',
  NODE_USE_ENV_PROXY: 'Node',
  PATH: 'every system',
  HOME: 'every system',
  TMPDIR: 'every system',
  LANG: 'every system',
  SSL_CERT_FILE: 'programs in the sandbox',
  HTTP_PROXY: 'programs in the sandbox',
  HTTPS_PROXY: 'programs in the sandbox',
  NO_PROXY: 'programs in the sandbox',
  TOKEN: 'a shell variable of the examples',
  API: 'a shell variable of the examples',
};

/** Words in capitals that are no variable. */
export const NO_VARIABLES: readonly string[] = ['EADDRINUSE', 'AAAA', 'OPERATOR', 'FAILS', 'SYS_ADMIN'];

/** Names of files that are examples, and not there. */
export const EXAMPLE_FILE = /^\d{4}-what\.ts$/;

/** Names and messages that are not looked for: those of others (Docker, systemd), and those that are put together of two. */
export const NOT_SEARCHED: readonly string[] = [
  'bubblewrap (bwrap) is missing',
  'snake_case',
  'tinyfat_runs_last_hour',
  'no_new_privs',
  'Unexpected capabilities',
  "Can't mount proc",
  'EnvironmentFile',
  'mem_limit',
  'pids_limit',
  'docker_data',
];
