/** Behaviour suite of leased rows; every table of them runs it, on every database. */
import type { Held, LeasedRows } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Two workers' views of one table, with a clock that the test moves. */
export interface LeasedRowsFixture<Row> {
  one: LeasedRows<Row>;
  other: LeasedRows<Row>;
  /** A worker of another machine. */
  far: LeasedRows<Row>;
  /** Ids of workers of this machine that have died: `one` and `other` know it of each other. */
  dead: Set<string>;
  now: { value: number };
  leaseMs: number;
  /** Makes a row that is due now and may be claimed whatever else is claimed. */
  add(): Promise<void>;
  /** Ends a claim for good; false when the lease was lost. */
  settle(row: Row): Promise<boolean>;
  /** Ends a claim so that the row waits until a time; false when the lease was lost. */
  putBack(row: Row, at: number): Promise<boolean>;
  dispose(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const none = () => false;

export function leasedRowsContract<Row>(name: string, make: () => Promise<LeasedRowsFixture<Row>>): void {
  describe(`LeasedRows: ${name}`, () => {
    let fixture: LeasedRowsFixture<Row>;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());

    const claimed = async (rows: LeasedRows<Row>): Promise<Row> => {
      const row = await rows.claim();
      if (row === undefined) throw new Error('nothing was claimed');
      return row;
    };
    const claimedAfresh = async (rows: LeasedRows<Row>, before: Row): Promise<Row> => {
      const row = await claimed(rows);
      const [now, then] = [rows.heldOf(row), rows.heldOf(before)];
      expect(now.key).toBe(then.key);
      expect(now.fence).toBeGreaterThan(then.fence);
      return row;
    };

    it('gives each row to one of many who ask at the same moment', async () => {
      const { one, other } = fixture;
      for (let count = 0; count < 10; count++) await fixture.add();
      const claims = Array.from({ length: 30 }, (_, index) => (index % 2 ? one : other).claim());
      const keys = (await Promise.all(claims)).flatMap((row) => (row ? [one.heldOf(row).key] : []));
      for (let row = await one.claim(); row; row = await one.claim()) keys.push(one.heldOf(row).key);
      expect(keys).toHaveLength(10);
      expect(new Set(keys).size).toBe(10);
    });

    it('gives a row neither before it is due nor after it is settled', async () => {
      const { one, other, now } = fixture;
      await fixture.add();
      const row = await claimed(one);
      expect(await other.claim()).toBeUndefined();
      expect(await fixture.putBack(row, now.value + 5000)).toBe(true);
      expect(await other.claim()).toBeUndefined();
      expect(await other.nextDue()).toBe(now.value + 5000);
      now.value += 5000;
      expect(await fixture.settle(await claimedAfresh(other, row))).toBe(true);
      expect(await one.claim()).toBeUndefined();
      expect(await one.nextDue()).toBeNull();
    });

    it('settles a row once', async () => {
      await fixture.add();
      const row = await claimed(fixture.one);
      expect(await fixture.settle(row)).toBe(true);
      expect([await fixture.settle(row), await fixture.one.renew(row)]).toEqual([false, false]);
    });

    it('gives back what a dead worker held at once, and that worker then changes nothing', async () => {
      const { one, other, dead, now } = fixture;
      await fixture.add();
      const stale = await claimed(one);
      expect(await other.reclaim(none)).toBe(0);
      dead.add('one');
      expect(await other.reclaim(none)).toBe(1);
      expect([await one.renew(stale), await fixture.settle(stale)]).toEqual([false, false]);
      const fresh = await claimedAfresh(other, stale);
      expect([await one.renew(stale), await fixture.putBack(stale, now.value)]).toEqual([false, false]);
      expect([await other.renew(fresh), await fixture.settle(fresh)]).toEqual([true, true]);
    });

    it('gives back a row so that it stays before those that came later', async () => {
      const { one, other, dead, now } = fixture;
      await fixture.add();
      const first = await claimed(one);
      now.value += 1000;
      await fixture.add();
      now.value += 1000;
      dead.add('one');
      expect(await other.reclaim(none)).toBe(1);
      await claimedAfresh(other, first);
    });

    it('gives back what a worker of another machine held when its lease has ended, and not before', async () => {
      const { one, far, now, leaseMs } = fixture;
      await fixture.add();
      const stale = await claimed(one);
      now.value += leaseMs - 1;
      expect(await far.reclaim(none)).toBe(0);
      expect(await one.renew(stale)).toBe(true);
      now.value += leaseMs;
      expect(await far.reclaim(none)).toBe(0);
      now.value += 1;
      expect(await far.reclaim(none)).toBe(1);
      await claimedAfresh(far, stale);
      expect(await fixture.settle(stale)).toBe(false);
    });

    it('is given back by one of two who look at the same moment', async () => {
      const { one, other, far, now, leaseMs } = fixture;
      await fixture.add();
      await claimed(one);
      now.value += 30 * leaseMs;
      const counts = await Promise.all([other.reclaim(none), far.reclaim(none), other.reclaim(none)]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    });

    it('takes nothing from a worker of this machine that lives, when the clock jumps forward', async () => {
      const { one, other, now, leaseMs } = fixture;
      await fixture.add();
      const row = await claimed(one);
      now.value += 10 * leaseMs;
      expect(await other.reclaim(none)).toBe(0);
      expect(await fixture.settle(row)).toBe(true);
    });

    it('takes a row from a worker that lives and hangs', async () => {
      const { one, other, now, leaseMs } = fixture;
      await fixture.add();
      const row = await claimed(one);
      now.value += 22 * leaseMs;
      expect(await other.reclaim(none)).toBe(1);
      expect(await fixture.settle(row)).toBe(false);
    });

    it('takes nothing from itself that it works on, and what it knows nothing of once the lease has ended', async () => {
      const { one, now, leaseMs } = fixture;
      await fixture.add();
      await fixture.add();
      const own = one.heldOf(await claimed(one));
      const lost = await claimed(one);
      const isOwn = ({ key, fence }: Held) => key === own.key && fence === own.fence;
      expect(await one.reclaim(isOwn)).toBe(0);
      now.value += 100 * leaseMs;
      expect(await one.reclaim(isOwn)).toBe(1);
      await claimedAfresh(one, lost);
    });

    it('delays nothing when the clock is set back by an hour', async () => {
      const { one, other, now } = fixture;
      for (let count = 0; count < 3; count++) await fixture.add();
      const waiting = await claimed(one);
      await fixture.putBack(waiting, now.value + 5000);
      const failed = await claimed(one);
      await fixture.putBack(failed, now.value - 1);
      now.value -= HOUR_MS;
      expect(await other.claim()).toBeUndefined();
      expect(await other.dueAfterSetBack()).toBe(3);
      expect(await other.dueAfterSetBack()).toBe(0);
      for (let count = 0; count < 3; count++) await claimed(other);
    });

    it('leaves what waits for its time while the clock is right', async () => {
      const { one, now } = fixture;
      await fixture.add();
      await fixture.putBack(await claimed(one), now.value + 50 * 60_000);
      now.value += 1000;
      expect(await one.dueAfterSetBack()).toBe(0);
      expect(await one.claim()).toBeUndefined();
    });
  });
}
