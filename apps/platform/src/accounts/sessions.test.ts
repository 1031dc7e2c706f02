import { endSessions, listAccounts } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccountsFixture, ADMIN, ANN, browserWith, openAccounts } from './test-support/accounts.ts';

const DAY_MS = 86_400_000;

describe('sessions', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await fixture.dispose();
  });

  it('end in the browser that signs out, and in no other', async () => {
    const one = await fixture.signIn(ANN);
    const other = await fixture.signIn(ANN);
    const cookies = await fixture.accounts.signOut(one);
    expect(cookies).toEqual([expect.stringMatching(/^__Host-tinyfat_session=; Max-Age=0; /)]);
    expect(await fixture.accounts.viewer(one)).toBeNull();
    expect(await fixture.accounts.viewer(other)).not.toBeNull();
  });

  it('end from the command line', async () => {
    const browser = await fixture.signIn(ANN);
    expect(await listAccounts(fixture.db, Date.now())).toMatchObject([{ address: ANN, sessions: 1 }]);
    expect(await endSessions(fixture.db, ANN)).toBe(1);
    expect(await endSessions(fixture.db, 'nobody@example.com')).toBeNull();
    expect(await fixture.accounts.viewer(browser)).toBeNull();
    expect(await listAccounts(fixture.db, Date.now())).toMatchObject([{ address: ANN, sessions: 0 }]);
  });

  it('last 30 days, and longer where they are in use', async () => {
    const idle = await fixture.signIn(ANN);
    const used = await fixture.signIn(ANN);
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 20 * DAY_MS);
    const visit = await fixture.accounts.visit(used);
    expect(visit?.cookies).toEqual([expect.stringMatching(/^__Host-tinyfat_session=.+; Max-Age=2592000; /)]);
    expect((await fixture.accounts.visit(used))?.cookies).toEqual([]);
    vi.setSystemTime(Date.now() + 11 * DAY_MS);
    expect(await fixture.accounts.viewer(used)).not.toBeNull();
    expect(await fixture.accounts.viewer(idle)).toBeNull();
  });

  it('leave no row behind that has expired, once somebody signs in', async () => {
    await fixture.signIn(ANN);
    fixture.now += 31 * DAY_MS;
    await fixture.signIn(ADMIN);
    expect(await fixture.db.selectFrom('account_sessions').select('id').execute()).toHaveLength(1);
  });

  it('are held by a cookie that no script, no other site and no plain http gets', async () => {
    const { token } = await fixture.ask(ANN);
    const outcome = await fixture.accounts.confirmLink(token, new Headers());
    expect(outcome.ok && outcome.cookies[0]).toMatch(
      /^__Host-tinyfat_session=\S+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('work under plain http on this machine, without the prefix that needs https', async () => {
    const local = await fixture.another({ publicUrl: 'http://localhost:8025' });
    const { token } = await fixture.ask(ANN);
    const outcome = await local.confirmLink(token, new Headers());
    expect(outcome.ok && outcome.cookies[0]).toMatch(
      /^tinyfat_session=\S+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(await local.viewer(browserWith(outcome))).not.toBeNull();
  });
});
