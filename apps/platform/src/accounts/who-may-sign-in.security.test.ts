import { markAgentDeleted } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AccountsFixture,
  ADMIN,
  ANN,
  browserWith,
  CLIENT,
  openAccounts,
  STRANGER,
} from './test-support/accounts.ts';

const NOBODY = new Headers();

describe('who may sign in', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.dispose());

  it('gives a stranger the same answer and page, and no mail', async () => {
    const known = await fixture.accounts.ask(ANN, CLIENT);
    const unknown = await fixture.accounts.ask(STRANGER, CLIENT);
    const shape = (outcome: typeof known) =>
      JSON.stringify(outcome).replace(/tinyfat_sign_in=[\w-]{43}/, 'tinyfat_sign_in=…');
    expect(shape(unknown)).toBe(shape(known));
    const pages = await Promise.all([known, unknown].map((one) => fixture.accounts.asked(browserWith(one))));
    expect(pages[0]?.expiresAt).toBe(pages[1]?.expiresAt);
    expect((await fixture.request(STRANGER))?.mail_state).toBe('none');
    expect((await fixture.request(ANN))?.mail_state).toBe('pending');
  });

  it('refuses a stranger even the right code and link', async () => {
    const { token, browser, request } = await fixture.ask(STRANGER);
    const code = await fixture.key.code(request.id);
    expect(await fixture.accounts.tryCode(code, browser, CLIENT)).toMatchObject({
      code: 'sign_in_code_wrong',
    });
    expect((await fixture.accounts.confirmLink(token, NOBODY)).ok).toBe(false);
    expect(await fixture.db.selectFrom('account_sessions').select('id').execute()).toEqual([]);
  });

  it('takes everybody where sign-up is open', async () => {
    const open = await fixture.another({ signUp: 'open' });
    await open.ask(STRANGER, CLIENT);
    const request = await fixture.request(STRANGER);
    expect(request?.mail_state).toBe('pending');
    const inside = browserWith(
      await open.confirmLink(await fixture.key.linkToken(request?.id ?? ''), NOBODY),
    );
    expect(await open.viewer(inside)).toMatchObject({ address: STRANGER, isAdmin: false });
  });

  it('ends the sessions of one who owns nothing any more', async () => {
    const browser = await fixture.signIn(ANN);
    await markAgentDeleted(fixture.db, 'agent-scout', 5);
    expect(await fixture.accounts.viewer(browser)).toBeNull();
    await fixture.addAgent('again', ANN);
    expect(await fixture.accounts.viewer(browser)).toBeNull();
  });

  it('refuses a link that was mailed before the last agent went', async () => {
    const { token } = await fixture.ask(ANN);
    await markAgentDeleted(fixture.db, 'agent-scout', 5);
    expect((await fixture.accounts.confirmLink(token, NOBODY)).ok).toBe(false);
  });

  it('takes the rights of an admin away with the entry in ADMIN_EMAILS', async () => {
    await fixture.addAgent('own', ADMIN);
    const browser = await fixture.signIn(ADMIN);
    const later = await fixture.another({ adminEmails: [] });
    expect(await later.viewer(browser)).toMatchObject({ address: ADMIN, isAdmin: false });
  });
});
