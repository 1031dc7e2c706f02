import { describe, expect, it } from 'vitest';
import { refusalLedger } from './refusal-ledger.ts';

const minute = 60_000;
const hour = 60 * minute;

function ledger(maxPerHour: number) {
  const time = { now: 1_000_000 };
  const reported: string[] = [];
  const refusals = refusalLedger(
    maxPerHour,
    () => time.now,
    (client) => reported.push(client),
  );
  return { refusals, reported, time };
}

describe('refusalLedger', () => {
  it('bars a client with more refusals than allowed, and no other', () => {
    const { refusals } = ledger(3);
    for (let n = 0; n < 3; n += 1) refusals.add('192.0.2.1');
    expect(refusals.barredUntil('192.0.2.1')).toBeNull();
    refusals.add('192.0.2.1');
    expect(refusals.barredUntil('192.0.2.1')).toBe(1_000_000 + hour);
    expect(refusals.barredUntil('192.0.2.2')).toBeNull();
  });

  it('lets it in again when no more than allowed are younger than an hour', () => {
    const { refusals, time } = ledger(2);
    for (let n = 0; n < 4; n += 1) {
      refusals.add('192.0.2.1');
      time.now += minute;
    }
    const until = refusals.barredUntil('192.0.2.1');
    expect(until).toBe(1_000_000 + minute + hour);
    time.now = (until ?? 0) - 1;
    expect(refusals.barredUntil('192.0.2.1')).toBe(until);
    time.now += 1;
    expect(refusals.barredUntil('192.0.2.1')).toBeNull();
    refusals.add('192.0.2.1');
    expect(refusals.barredUntil('192.0.2.1')).toBe(1_000_000 + 2 * minute + hour);
  });

  it('never bars who is refused slowly', () => {
    const { refusals, time } = ledger(2);
    for (let n = 0; n < 100; n += 1) {
      refusals.add('192.0.2.1');
      expect(refusals.barredUntil('192.0.2.1')).toBeNull();
      time.now += hour / 2;
    }
  });

  it('reports a barred client once an hour', () => {
    const { refusals, reported, time } = ledger(0);
    refusals.add('192.0.2.1');
    for (let n = 0; n < 10; n += 1) refusals.barredUntil('192.0.2.1');
    expect(reported).toEqual(['192.0.2.1']);
    time.now += hour - 1;
    refusals.add('192.0.2.1');
    refusals.barredUntil('192.0.2.1');
    expect(reported).toHaveLength(1);
    time.now += 1;
    refusals.barredUntil('192.0.2.1');
    expect(reported).toHaveLength(2);
  });

  it('remembers 4,096 clients, and forgets whose refusal is the oldest', () => {
    const { refusals } = ledger(0);
    for (let n = 0; n < 4096; n += 1) refusals.add(`client ${n}`);
    refusals.add('client 0');
    refusals.add('one more');
    expect(refusals.barredUntil('client 0')).not.toBeNull();
    expect(refusals.barredUntil('client 1')).toBeNull();
    expect(refusals.barredUntil('client 2')).not.toBeNull();
  });
});
