import { allRows } from '@tinyfat/testing/all-rows';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AccountsFixture,
  ADMIN,
  ANN,
  BOB,
  browserWith,
  CLIENT,
  openAccounts,
  STRANGER,
} from './test-support/accounts.ts';

const NOBODY = new Headers();

/** A code that is not this one. */
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('guessing and stealing', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.dispose());

  it('has five tries at a code; the last wrong one ends the request and its link', async () => {
    const { browser, request, token } = await fixture.ask(ANN);
    const code = await fixture.key.code(request.id);
    for (const left of ['4 tries are', '3 tries are', '2 tries are', '1 try is']) {
      expect(await fixture.accounts.tryCode(wrong(code), browser, CLIENT)).toMatchObject({
        code: 'sign_in_code_wrong',
        detail: `It is not this one. ${left} left.`,
      });
    }
    expect(await fixture.accounts.tryCode(wrong(code), browser, CLIENT)).toMatchObject({
      code: 'sign_in_over',
    });
    expect(await fixture.accounts.tryCode(code, browser, CLIENT)).toMatchObject({ code: 'sign_in_over' });
    expect((await fixture.accounts.confirmLink(token, NOBODY)).ok).toBe(false);
  });

  it('counts tries that come at once', async () => {
    const { browser, request } = await fixture.ask(ANN);
    const code = wrong(await fixture.key.code(request.id));
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) => fixture.accounts.tryCode(code, browser, `192.0.2.${at}`)),
    );
    const counted = outcomes.filter((one) => !one.ok && one.code === 'sign_in_code_wrong');
    expect(counted).toHaveLength(4);
  });

  it('refuses the right code, too, once five were tried', async () => {
    const { browser, request } = await fixture.ask(ANN);
    await fixture.db.updateTable('sign_in_requests').set({ tries: 5 }).execute();
    const code = await fixture.key.code(request.id);
    expect(await fixture.accounts.tryCode(code, browser, CLIENT)).toMatchObject({ code: 'sign_in_over' });
  });

  it('takes a code in no browser but the one that asked', async () => {
    const { request } = await fixture.ask(ANN);
    const code = await fixture.key.code(request.id);
    const { browser: attacker } = await fixture.ask(BOB);
    expect((await fixture.accounts.tryCode(code, attacker, CLIENT)).ok).toBe(false);
    expect(await fixture.accounts.tryCode(code, NOBODY, CLIENT)).toMatchObject({ code: 'sign_in_over' });
  });

  it('has 20 wrong codes an hour for a client network, whatever the address', async () => {
    const codes: string[] = [];
    for (const address of [ANN, BOB, ADMIN, STRANGER, 'e@example.com']) {
      const { browser, request } = await fixture.ask(address);
      const code = wrong(await fixture.key.code(request.id));
      for (let at = 0; at < 4; at++) {
        const outcome = await fixture.accounts.tryCode(code, browser, CLIENT);
        codes.push(outcome.ok ? 'in' : outcome.code);
      }
    }
    expect(new Set(codes)).toEqual(new Set(['sign_in_code_wrong']));
    const { browser, request } = await fixture.ask(ANN);
    const code = await fixture.key.code(request.id);
    expect(await fixture.accounts.tryCode(code, browser, CLIENT)).toMatchObject({
      code: 'too_many_requests',
      retryAfterS: 3600,
    });
    expect((await fixture.accounts.tryCode(code, browser, '198.51.100.1')).ok).toBe(true);
  });

  /** Tries so many wrong codes for ANN, and new mails between them; gives how many were not even looked at. */
  const guess = async (count: number, client: (at: number) => string) => {
    let refused = 0;
    let asked: Awaited<ReturnType<AccountsFixture['ask']>> | undefined;
    for (let at = 0; at < count; at++) {
      if (at % 4 === 0) {
        fixture.now += 900_000;
        asked = await fixture.ask(ANN, client(at));
      }
      if (!asked) continue;
      const code = wrong(await fixture.key.code(asked.request.id));
      const outcome = await fixture.accounts.tryCode(code, asked.browser, client(at));
      if (!outcome.ok && outcome.code === 'too_many_requests') refused++;
    }
    return refused;
  };
  const signsIn = async (client: string) => {
    const { browser, request } = await fixture.ask(ANN, client);
    return (await fixture.accounts.tryCode(await fixture.key.code(request.id), browser, client)).ok;
  };

  it('has 20 wrong codes a day for an address from one network, whose owner has hers elsewhere', async () => {
    expect(await guess(28, () => '203.0.113.9')).toBe(8);
    expect(await signsIn(CLIENT)).toBe(true);
    expect(await signsIn('203.0.113.9')).toBe(false);
  });

  it.each([
    ['addresses of one subscriber', (at: number) => `2001:db8:1:2::${at + 1}`],
    ['subnets of one customer', (at: number) => `2001:db8:1:${at + 1}::1`],
  ])('takes %s in IPv6 for one network', async (_, client) => {
    expect(await guess(28, client)).toBe(8);
    expect(await signsIn('2001:db8:2::1')).toBe(true);
  });

  it('has 100 wrong codes a day for an address, from wherever; links go on working', async () => {
    expect(await guess(120, (at) => `203.0.113.${at >> 2}`)).toBe(20);
    expect(await signsIn(CLIENT)).toBe(false);
    expect(
      (await fixture.accounts.confirmLink((await fixture.ask(ANN, '192.0.2.99')).token, NOBODY)).ok,
    ).toBe(true);
    fixture.now += 24 * 3_600_000;
    expect(await signsIn(CLIENT)).toBe(true);
  });

  it('counts no right code', async () => {
    for (let day = 0; day < 25; day++) {
      fixture.now += 1_000_000;
      expect(await signsIn(CLIENT)).toBe(true);
    }
    expect(
      await fixture.db
        .selectFrom('sign_in_attempts')
        .where('kind', 'in', ['code_address', 'code_address_network', 'code_network'])
        .selectAll()
        .execute(),
    ).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['43 letters', 'x'.repeat(43)],
    ['SQL', "' or 1=1 --"],
    ['a path', '../../x'],
    ['100 kB', 'x'.repeat(100_000)],
  ])('opens nothing with %s as token', async (_, token) => {
    await fixture.ask(ANN);
    expect(await fixture.accounts.linked(token, NOBODY)).toBeNull();
    expect((await fixture.accounts.confirmLink(token, NOBODY)).ok).toBe(false);
  });

  it('opens nothing with what the database holds', async () => {
    const { request } = await fixture.ask(ANN);
    const browser = await fixture.signIn(BOB);
    const session = await fixture.db.selectFrom('account_sessions').selectAll().executeTakeFirstOrThrow();
    for (const stolen of [request.link_sha256, request.browser_sha256, request.id]) {
      expect((await fixture.accounts.confirmLink(stolen, NOBODY)).ok).toBe(false);
    }
    const name = (browser.get('cookie') ?? '').split('=')[0];
    for (const value of [session.token, `${session.token}.`, `${session.token}.${'A'.repeat(43)}%3D`]) {
      expect(await fixture.accounts.viewer(new Headers({ cookie: `${name}=${value}` }))).toBeNull();
    }
    expect(await fixture.accounts.viewer(browser)).not.toBeNull();
  });

  it('writes neither link nor code nor cookie into database or log', async () => {
    const { browser, request, token } = await fixture.ask(ANN);
    const asked = await allRows(fixture.db);
    expect(asked).toContain(request.id);
    const inside = browserWith(await fixture.accounts.confirmLink(token, browser), browser);
    await fixture.accounts.viewer(inside);
    const entered = await allRows(fixture.db);
    expect(entered).toContain(ANN);
    const cookies = [browser, inside].flatMap((one) => one.get('cookie')?.split('; ') ?? []);
    const values = cookies.map((one) => decodeURIComponent(one.slice(one.indexOf('=') + 1)));
    for (const secret of [token, ...values]) {
      for (const text of [asked, entered, fixture.log.join('\n')]) expect(text.includes(secret)).toBe(false);
    }
    expect(fixture.log.join('\n')).not.toContain(await fixture.key.code(request.id));
    expect(fixture.log.join('\n')).not.toContain(ANN);
  });
});
