import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AccountsFixture,
  ADMIN,
  ANN,
  BOB,
  browserWith,
  CLIENT,
  openAccounts,
} from './test-support/accounts.ts';

const NOBODY = new Headers();

describe('signing in by mail', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.dispose());

  it('lets the owner of an agent in by link, in any browser', async () => {
    const { token } = await fixture.ask(ANN);
    const browser = browserWith(await fixture.accounts.confirmLink(token, NOBODY));
    expect(await fixture.accounts.viewer(browser)).toMatchObject({ address: ANN, isAdmin: false });
    expect(fixture.wakes).toBe(1);
  });

  it('lets her in by code, in the browser that asked', async () => {
    const { browser, request } = await fixture.ask(ANN);
    const code = await fixture.key.code(request.id);
    expect(code).toMatch(/^\d{6}$/);
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `;
    const inside = browserWith(await fixture.accounts.tryCode(spaced, browser, CLIENT), browser);
    expect(await fixture.accounts.viewer(inside)).toMatchObject({ address: ANN, isAdmin: false });
    expect(inside.get('cookie')).not.toContain('sign_in');
  });

  it('takes the address in any spelling that means the same', async () => {
    await fixture.accounts.ask('  ANN@Example.COM ', CLIENT);
    expect((await fixture.request(ANN))?.mail_state).toBe('pending');
  });

  it('says what is wrong with something that is no address', async () => {
    const refused = await fixture.accounts.ask('ann at home', CLIENT);
    expect(refused).toMatchObject({ ok: false, code: 'invalid_request', detail: 'The address has no @.' });
    expect(fixture.wakes).toBe(0);
  });

  it('shows a link as often as one likes and uses it up once', async () => {
    const { token, browser } = await fixture.ask(ANN);
    for (const headers of [NOBODY, NOBODY, browser]) {
      expect(await fixture.accounts.linked(token, headers)).toMatchObject({
        address: ANN,
        sameBrowser: headers === browser,
      });
    }
    expect((await fixture.accounts.confirmLink(token, NOBODY)).ok).toBe(true);
    expect(await fixture.accounts.linked(token, NOBODY)).toBeNull();
    expect(await fixture.accounts.confirmLink(token, NOBODY)).toEqual({ ok: false, code: 'sign_in_over' });
  });

  it('lets one in of those that confirm at once, in two processes', async () => {
    const { token } = await fixture.ask(ANN);
    const both = [fixture.accounts, await fixture.another()];
    const confirms = [...both, ...both].map((accounts) => accounts.confirmLink(token, NOBODY));
    const refused = (await Promise.all(confirms)).filter(({ ok }) => !ok);
    expect(refused).toEqual(Array(3).fill({ ok: false, code: 'sign_in_over' }));
    expect(await fixture.db.selectFrom('account_sessions').select('id').execute()).toHaveLength(1);
  });

  it('ends a link and a code after ten minutes', async () => {
    const { token, browser, request } = await fixture.ask(ANN);
    fixture.now += 10 * 60_000;
    const code = await fixture.key.code(request.id);
    expect(await fixture.accounts.linked(token, NOBODY)).toBeNull();
    expect(await fixture.accounts.asked(browser)).toBeNull();
    expect(await fixture.accounts.confirmLink(token, NOBODY)).toMatchObject({ code: 'sign_in_over' });
    expect(await fixture.accounts.tryCode(code, browser, CLIENT)).toMatchObject({ code: 'sign_in_over' });
  });

  it('ends the older link and code when a newer mail is asked for', async () => {
    const older = await fixture.ask(ANN);
    const newer = await fixture.ask(ANN);
    expect(await fixture.accounts.confirmLink(older.token, NOBODY)).toMatchObject({ code: 'sign_in_over' });
    const code = await fixture.key.code(older.request.id);
    expect((await fixture.accounts.tryCode(code, older.browser, CLIENT)).ok).toBe(false);
    expect((await fixture.accounts.confirmLink(newer.token, NOBODY)).ok).toBe(true);
  });

  it('ends the session that the browser had before', async () => {
    const first = await fixture.signIn(ANN);
    const { token } = await fixture.ask(BOB);
    const second = browserWith(await fixture.accounts.confirmLink(token, first), first);
    expect(await fixture.accounts.viewer(second)).toMatchObject({ address: BOB });
    expect(await fixture.accounts.viewer(first)).toBeNull();
  });

  it('knows an admin by ADMIN_EMAILS', async () => {
    const browser = await fixture.signIn(ADMIN);
    expect(await fixture.accounts.viewer(browser)).toMatchObject({ address: ADMIN, isAdmin: true });
  });
});
