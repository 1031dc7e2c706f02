/** `tinyfat destroy cloudflare` removes all of an installation but what is stored, and nothing of another. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cloudflareApi } from './api.ts';
import { destroy } from './destroy.ts';
import { type TestDeployment, testDeployment } from './test-support/deployment.ts';

let test: TestDeployment;
let said: string[];
beforeEach(async () => {
  said = [];
  test = await testDeployment();
  test.environment.PUBLIC_URL = 'https://agents.example.com';
  await test.run();
  test.environment.PUBLIC_URL = 'https://other.example.com';
  await test.run('tinyfat-data');
  test.cloudflare.requests.length = 0;
});
afterEach(() => test.close());

const account = () => {
  const [first] = test.cloudflare.accounts;
  if (!first) throw new Error('no account');
  return first;
};
const remove = (mayRemove = true, api = apiOver(fetch)) =>
  destroy(
    { api, say: (line) => void said.push(line), mayRemove: async () => mayRemove },
    { name: 'tinyfat', accountId: null },
  );
/** Names of all that is there. */
const names = () =>
  [
    ...account().domains.map(({ hostname }) => hostname),
    ...account().scripts.keys(),
    ...account().applications.map(({ name }) => name),
    ...account().queues.map(({ queue_name }) => queue_name),
    ...account().hyperdrives.map(({ name }) => name),
    ...account().certificates.map(({ name }) => name),
    ...account().buckets,
  ].sort();
const OTHERS = [
  'other.example.com',
  ...['agent', 'data', 'database', 'dead', 'jobs', 'mail', 'platform', 'queue', 'sandbox', 'tasks'].map(
    (name) => `tinyfat-data-${name}`,
  ),
];

it('names what is there and what stays, and does nothing where it may not', async () => {
  const before = names();
  expect(await remove(false)).toEqual({ ok: true, wasRefused: true });
  expect(names()).toEqual(before);
  expect(said.slice(0, 16)).toEqual([
    'Would remove from Example:',
    '  name        agents.example.com',
    '  consumer    of tinyfat-jobs',
    '  consumer    of tinyfat-tasks',
    '  consumer    of tinyfat-dead',
    '  Worker      tinyfat-platform',
    '  Worker      tinyfat-queue',
    '  Worker      tinyfat-sandbox',
    '  Worker      tinyfat-mail',
    '  containers  tinyfat-agent',
    '  queue       tinyfat-jobs',
    '  queue       tinyfat-tasks',
    '  queue       tinyfat-dead',
    '  Hyperdrive  tinyfat-database',
    expect.stringMatching(/^ {2}certificate tinyfat-database-[0-9a-f]{12}$/),
    'Stays:',
  ]);
  expect(said.join('\n')).toContain('the bucket tinyfat-data with raw mail');
  expect(said.at(-1)).toBe('Nothing was removed.');
});

it('removes all of it but the bucket, and nothing of another installation', async () => {
  expect(await remove()).toEqual({ ok: true, wasRefused: false });
  const certificate = expect.stringMatching(/^tinyfat-data-database-/);
  expect(names()).toEqual(['tinyfat-data', ...OTHERS, certificate].toSorted(inOrder));
  said.length = 0;
  expect(await remove()).toEqual({ ok: true, wasRefused: false });
  expect(said[0]).toBe('There is nothing of tinyfat to be removed from Example.');
  expect(said.join('\n')).toContain('the bucket tinyfat-data');
});

it('removes nothing of another where a filter is not heeded, or a name is alike', async () => {
  account().certificates.push({ id: 'mine', name: 'tinyfat-database-mine', certificates: '' });
  expect(
    await remove(
      true,
      apiOver((input, init) => fetch(input.replace(/\?(service|name)=.*/, ''), init)),
    ),
  ).toEqual({ ok: true, wasRefused: false });
  expect(names()).toEqual(expect.arrayContaining([...OTHERS, 'tinyfat-database-mine']));
});

it('goes on over what has gone meanwhile, and after a failure', async () => {
  account().queues[1]?.consumers.splice(0);
  test.cloudflare.fail({ method: 'DELETE', path: '/workers/scripts/tinyfat-queue', kind: 'broken' });
  const failed = await remove();
  expect(failed).toMatchObject({
    ok: false,
    reason: expect.stringContaining('The Worker tinyfat-queue was not removed: Cloudflare answered 502'),
  });
  expect(account().scripts.has('tinyfat-platform')).toBe(false);
  // One that vanishes just when it is to be removed.
  const api = apiOver((input, init) => {
    if (init?.method === 'DELETE') account().scripts.delete('tinyfat-sandbox');
    return fetch(input, init);
  });
  expect(await remove(true, api)).toEqual({ ok: true, wasRefused: false });
  expect(names().filter((name) => name.startsWith('tinyfat-') && !name.startsWith('tinyfat-data'))).toEqual(
    [],
  );
});

it('names the right that is missing', async () => {
  test.cloudflare.rights.delete('queues');
  expect(await remove()).toMatchObject({
    ok: false,
    fix: expect.stringContaining('"Account · Queues · Edit"'),
  });
});

/** The API over another `fetch`. */
function apiOver(other: (input: string, init?: RequestInit) => Promise<Response>) {
  const { token, url: baseUrl } = test.cloudflare;
  const over: typeof fetch = (input, init) => other(String(input), init);
  return cloudflareApi({ token, baseUrl, fetch: over, hide: (text) => text });
}

function inOrder(a: unknown, b: unknown): number {
  const text = (one: unknown) => (typeof one === 'string' ? one : 'tinyfat-data-database-');
  return text(a) < text(b) ? -1 : 1;
}
