/** Signing in where nothing outlives a request: each step is an invocation of a Worker, with a database of its own. */
import { exports } from 'cloudflare:workers';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { createDatabase, dropDatabase, TEMPLATE, wayTo } from '@tinyfat/testing/hyperdrive/fresh-database';
import { expect, it } from 'vitest';
import type { SignInOutcome } from './contract.ts';
import { browserWith } from './test-support/accounts.ts';
import { KEY } from './test-support/sign-in-worker.ts';

it('a person asks, confirms, visits and signs out over many invocations, some of them at once', async () => {
  const database = await createDatabase(TEMPLATE);
  const step = async (name: string, of = '', headers = new Headers()) => {
    const url = new URL(`https://agents.example/${name}`);
    url.search = new URLSearchParams({ database, of }).toString();
    const answer = await exports.default.fetch(new Request(url, { headers }));
    return await answer.json();
  };
  const people = ['ann@example.com', 'bob@example.com', 'eve@example.com'];
  await Promise.all(people.map((address) => step('ask', address)));
  const db = openHyperdrive(wayTo(database));
  const requests = await db
    .selectFrom('sign_in_requests')
    .select(['id', 'address'])
    .orderBy('address')
    .execute();
  expect(requests.map(({ address }) => address)).toEqual(people);
  const browsers = await Promise.all(
    requests.map(async ({ id }) =>
      browserWith((await step('confirm', await KEY.linkToken(id))) as SignInOutcome),
    ),
  );
  const visits = () => Promise.all(browsers.map((browser) => step('visit', '', browser)));
  expect(await visits()).toMatchObject(people.map((address) => ({ viewer: { address, isAdmin: false } })));
  await step('sign-out', '', browsers[0]);
  expect(await visits()).toMatchObject([null, { viewer: {} }, { viewer: {} }]);
  await db.destroy();
  await dropDatabase(database);
});
