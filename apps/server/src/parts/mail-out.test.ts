/** When mail out counts as failing, and when it works again. */
import type { MailTransport, SendOutcome } from '@tinyfat/core';
import type { RelayCheck } from '@tinyfat/mail/node';
import { describe, expect, it } from 'vitest';
import { watchMailOut } from './mail-out.ts';

const sent: SendOutcome = { state: 'sent', providerId: null, recipientsRefused: [] };
const refused: SendOutcome = { state: 'temporary', reason: 'No.', code: 'relay_refused' };
const wrong: RelayCheck = { ok: false, code: 'relay_login_refused', reason: 'Wrong.', fix: 'Mend it.' };
const right: RelayCheck = { ok: true, encrypted: true, detail: 'relay.test took the login over TLS.' };

function watched(checks: RelayCheck[] | null = null) {
  const outcomes: SendOutcome[] = [];
  const events: string[] = [];
  const log = (event: string) => void events.push(event);
  let now = 1_000_000;
  let asked = 0;
  const transport: MailTransport = {
    name: 'smtp',
    idempotent: false,
    send: async () => outcomes.shift() ?? sent,
    close: async () => {},
  };
  const check = checks && (async () => checks[Math.min(asked++, checks.length - 1)] ?? right);
  const out = watchMailOut({
    transport,
    check,
    clock: () => now,
    logger: { debug: log, info: log, warn: log, error: log },
  });
  return {
    out,
    events,
    asked: () => asked,
    later: (ms: number) => {
      now += ms;
    },
    async send(...given: SendOutcome[]) {
      for (const outcome of given) {
        outcomes.push(outcome);
        await out.transport.send({ sender: '', recipients: [] }, new Uint8Array(), 'key');
      }
    },
  };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('mail out', () => {
  it('fails with the first fault of the relay, and works with the first mail that leaves', async () => {
    const { out, events, send } = watched();
    await send(refused, refused);
    expect(out.warning()).toContain('relay_refused');
    await send(sent);
    expect(out.warning()).toBeNull();
    expect(events).toEqual(['mail_out_failing', 'mail_out_works']);
  });

  it.each<[string, SendOutcome]>([
    ['a mail that is refused for good', { state: 'permanent', reason: 'Spam.' }],
    ['one mail that is put off', { state: 'temporary', reason: 'Greylisted.' }],
    ['one try without an answer', { state: 'unknown', reason: 'Cut.' }],
  ])('does not fail for %s', async (_, outcome) => {
    const { out, send } = watched();
    await send(outcome);
    expect(out.warning()).toBeNull();
  });

  it.each<[string, SendOutcome]>([
    ['provider_unauthorized', { state: 'permanent', reason: 'No such key.', code: 'provider_unauthorized' }],
    ['delivery_parked', { state: 'temporary', reason: 'Quota.', parked: true }],
  ])('fails where the account at a provider may not send: %s', async (code, outcome) => {
    const { out, send } = watched();
    await send(outcome);
    expect(out.warning()).toContain(code);
  });

  it('fails after five tries in a row that led to nothing', async () => {
    const { out, send } = watched();
    const later: SendOutcome = { state: 'temporary', reason: 'No route.' };
    await send(later, later, later, later, sent, later, later, later, later);
    expect(out.warning()).toBeNull();
    await send(later);
    expect(out.warning()).toContain('delivery_deferred');
  });

  it('says what a check found, and asks again once a minute at most, when somebody wants to know', async () => {
    const { out, asked, later } = watched([wrong, wrong, right]);
    expect(await out.check()).toEqual(wrong);
    for (let n = 0; n < 5; n += 1) expect(out.warning()).toContain('relay_login_refused');
    expect(asked()).toBe(1);
    later(60_000);
    out.warning();
    await settled();
    expect([asked(), out.warning() === null]).toEqual([2, false]);
    later(60_000);
    out.warning();
    await settled();
    expect([asked(), out.warning()]).toEqual([3, null]);
    later(600_000);
    out.warning();
    expect(asked()).toBe(3);
  });

  it('is not called well by a check that can not see what is wrong', async () => {
    const { out, send } = watched([right]);
    await send({ state: 'temporary', reason: '530 5.7.0', code: 'relay_login_needed' });
    expect(await out.check()).toEqual(right);
    expect(out.warning()).toContain('relay_login_needed');
  });

  it('has nothing to ask without a relay', async () => {
    expect(await watched().out.check()).toBeNull();
  });
});
