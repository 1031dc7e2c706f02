/**
 * The money of one run: what its requests cost, what is set aside for those under way, and the cap on both
 * (invariant 10). At any time it holds: set aside + counted never passes what the cap gave, and what is counted is
 * written down at most a moment later.
 */
import type { Clock, Grant, ModelPrice, RequestBounds } from '@tinyfat/core';
import type { RunMoney } from '../contract.ts';
import type { UsageMeter } from '../llm/usage-meter.ts';
import { difference, type RunningTally, startTally, type Tally } from './tally.ts';

export interface PurseParts {
  money: RunMoney;
  meter: UsageMeter;
  now: Clock;
  /** How often the count is written down while a request is under way, ms. */
  noteMs: number;
}

/** How a request is counted. */
export interface Counting {
  price: () => ModelPrice;
  bounds: () => RequestBounds;
  /** What `take` gave for it, micro-dollars; 0 where nothing caps the run. */
  taken: number;
}

export interface Purse {
  capped: boolean;
  /** Sets the worst case of a request aside, all of it or nothing. Rejects when the budget can't be read. */
  take(microUsd: number): Promise<Grant>;
  /** Gives back what was taken for a request that does not go on. */
  giveBack(microUsd: number): void;
  /** Counts a request that goes on; its end gives back what it did not cost. */
  start(counting: Counting): Tally;
  /** Micro-dollars so far, those of requests under way included. */
  cost(): number;
  /** Ends what is still under way, and writes the last figures down; rejects when that fails. */
  close(): Promise<void>;
}

/** Opens the purse of a run. */
export function openPurse({ money, meter, now, noteMs }: PurseParts): Purse {
  const { cap } = money;
  const running = new Set<RunningTally>();
  /** What the cap gave for this run so far, in all. */
  let given = cap?.reserved ?? 0;
  /** Worst cases of what is under way. */
  let taken = 0;
  /** Cost of what is over. */
  let settled = 0;
  let requests = 0;
  let noted = { usage: meter.total(), microUsd: 0, requests: 0 };
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: two that look at the same sum must not both act on it. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  function cost(): number {
    let sum = settled;
    for (const tally of running) sum += tally.cost();
    return sum;
  }

  function take(microUsd: number): Promise<Grant> {
    return inTurn(async (): Promise<Grant> => {
      const short = settled + taken + microUsd - given;
      if (cap !== null && short > 0) {
        const grant = await cap.reserve(short, Math.max(short, microUsd));
        if (!grant.ok) return grant;
        given += short;
      }
      taken += microUsd;
      return { ok: true, microUsd };
    });
  }

  async function note(): Promise<void> {
    // What a request did not need is for others from now on; in turn, so that no `take` reckons with it.
    given = settled + taken;
    const current = { usage: meter.total(), microUsd: cost(), requests };
    const used = {
      ...difference(current.usage, noted.usage),
      microUsd: current.microUsd - noted.microUsd,
      requests: current.requests - noted.requests,
    };
    await money.note({ used, reserved: Math.max(0, given - current.microUsd) });
    noted = current;
  }

  /** A note that fails is made up for by the next: it tells all that was used since the last good one. */
  const noteSoon = (): void => void inTurn(note).catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;

  function start({ price, bounds, taken: own }: Counting): Tally {
    let mine = own;
    let asking = false;
    requests += 1;

    /** The provider counts more than the worst that was reckoned with: more is set aside, or the answer is cut. */
    function keepWithin(): void {
      if (cap === null || asking) return;
      const more = tally.cost() - mine;
      if (more <= 0) return;
      asking = true;
      take(more)
        .then((grant) => {
          asking = false;
          if (!grant.ok) tally.cut();
          else if (running.has(tally)) mine += more;
          else taken -= more;
        })
        .catch(() => tally.cut());
    }

    const tally = startTally({
      price,
      bounds,
      meter,
      now,
      onChange: keepWithin,
      onSent: noteSoon,
      onEnd() {
        running.delete(tally);
        if (running.size === 0) clearInterval(timer);
        settled += tally.cost();
        taken -= mine;
        noteSoon();
      },
    });
    if (running.size === 0) timer = setInterval(noteSoon, noteMs);
    running.add(tally);
    return tally;
  }

  return {
    capped: cap !== null,
    take,
    giveBack(microUsd) {
      taken -= microUsd;
      noteSoon();
    },
    start,
    cost,
    async close() {
      for (const tally of [...running]) tally.end(false);
      await inTurn(note);
    },
  };
}
