import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccountsFixture, ANN, BOB, CLIENT, openAccounts } from './test-support/accounts.ts';

describe('limits of sign-in mails', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.dispose());

  const refusedOf = async (asks: [address: string, client: string][]) => {
    const outcomes: boolean[] = [];
    for (const [address, client] of asks) outcomes.push(!(await fixture.accounts.ask(address, client)).ok);
    return outcomes.filter(Boolean).length;
  };

  it('are 5 an hour for an address from one client, who leaves others the chance to ask', async () => {
    expect(await refusedOf(Array.from({ length: 5 }, () => [ANN, CLIENT]))).toBe(0);
    expect(await fixture.accounts.ask(ANN, CLIENT)).toEqual({
      ok: false,
      code: 'too_many_requests',
      detail: 'Too many mails were asked for.',
      retryAfterS: 3600,
    });
    expect((await fixture.accounts.ask(ANN, '198.51.100.1')).ok).toBe(true);
    expect((await fixture.accounts.ask(BOB, CLIENT)).ok).toBe(true);
    fixture.now += 3_600_000;
    expect((await fixture.accounts.ask(ANN, CLIENT)).ok).toBe(true);
  });

  it('are 15 an hour for an address from everybody together', async () => {
    const asks = Array.from({ length: 20 }, (_, at): [string, string] => [ANN, `192.0.2.${at}`]);
    expect(await refusedOf(asks)).toBe(5);
  });

  it('are 20 an hour for a client, whatever the addresses', async () => {
    const asks = Array.from({ length: 25 }, (_, at): [string, string] => [`p${at}@example.com`, CLIENT]);
    expect(await refusedOf(asks)).toBe(5);
  });

  it('count an IPv6 subscriber as one client', async () => {
    const asks = Array.from({ length: 25 }, (_, at): [string, string] => [
      `p${at}@example.com`,
      `2001:db8:1:2:${at}::1`,
    ]);
    expect(await refusedOf(asks)).toBe(5);
    expect((await fixture.accounts.ask(ANN, '2001:db8:1:3::1')).ok).toBe(true);
  });

  it('hold for requests that come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => fixture.accounts.ask(ANN, CLIENT)));
    expect(outcomes.filter((one) => one.ok)).toHaveLength(5);
  });

  it.each([
    ['a header more', 'ann@example.com\r\nBcc: eve@evil.example'],
    ['two addresses', 'ann@example.com, eve@evil.example'],
    ['a quoted line break', '"ann\r\n"@example.com'],
    ['a display name', 'Ann <ann@example.com>'],
    ['a part that is too long', `${'a'.repeat(65)}@example.com`],
    ['a null byte', 'ann@example.com\0'],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('send no mail to an address with %s', async (_, text) => {
    expect(await fixture.accounts.ask(text, CLIENT)).toMatchObject({ ok: false, code: 'invalid_request' });
    expect(fixture.wakes).toBe(0);
  });
});
