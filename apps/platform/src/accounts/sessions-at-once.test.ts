import { afterEach, beforeEach, expect, it } from 'vitest';
import { cookieNames } from './cookies.ts';
import { createSessions } from './sessions.ts';
import { type AccountsFixture, ANN, openAccounts } from './test-support/accounts.ts';

let fixture: AccountsFixture;
beforeEach(async () => {
  fixture = await openAccounts();
});
afterEach(() => fixture.dispose());

it('makes one user of browsers that sign in for the first time at once', async () => {
  const publicUrl = new URL('https://agents.example');
  const silent = () => {};
  const sessions = createSessions({
    db: fixture.db,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    clock: Date.now,
    publicUrl,
    names: cookieNames(publicUrl),
    secret: await fixture.key.cookieSecret(),
  });
  const started = await Promise.all([1, 2, 3].map(() => sessions.start(ANN, new Headers())));
  expect(new Set(started.map(([cookie]) => cookie)).size).toBe(3);
  expect(await fixture.db.selectFrom('account_users').select('email').execute()).toEqual([{ email: ANN }]);
});
