/**
 * The spending ledger of one run: what its requests cost, what is set aside for those under way, and the cap on both
 * (invariant 10). At any time it holds: set aside + counted never passes what the cap granted, and what is counted is
 * written down at most a moment later.
 */
import type { Clock, Grant, ModelPrice, RequestBounds, RunSpending, TokenUsage } from '@tinyfat/core';
import { type RequestMeter, type RunningMeter, startMeter } from './request-meter.ts';

interface LedgerDeps {
  spending: RunSpending;
  now: Clock;
  /** How often the count is written down while a request is under way, ms. */
  settleMs: number;
}

/** A request that may go on. */
export interface PricedRequest {
  price: ModelPrice;
  bounds: RequestBounds;
  /** What `reserve` granted for it, micro-dollars; 0 where nothing caps the run. */
  reserved: number;
}

export interface Ledger {
  capped: boolean;
  /** Sets the worst case of a request aside, all of it or nothing. Rejects when the budget can't be read. */
  reserve(microUsd: number): Promise<Grant>;
  /** Gives back what was reserved for a request that does not go on. */
  release(microUsd: number): void;
  /** Counts a request that goes on; its end gives back what it did not cost. `cut` has to end its answer. */
  begin(request: PricedRequest, cut: () => void): RequestMeter;
  /** Counts an answer that costs nothing, as those of the demo model do. */
  addFree(usage: TokenUsage): void;
  /** Tokens that the upstream reported so far, over all requests. */
  usage(): TokenUsage;
  /** Micro-dollars so far, those of requests under way included. */
  cost(): number;
  /** Ends what is still under way, and writes the last figures down; rejects when that fails. */
  close(): Promise<void>;
}

/** Opens the ledger of a run. */
export function openLedger({ spending, now, settleMs }: LedgerDeps): Ledger {
  const capped = spending.reserved !== null;
  const running = new Set<RunningMeter>();
  /** What the cap granted for this run so far, in all. */
  let granted = spending.reserved ?? 0;
  /** Worst cases of what is under way. */
  let reserved = 0;
  /** Cost and tokens of what is over. */
  let ended = 0;
  let endedUsage: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let requests = 0;
  let settled = { ...endedUsage, microUsd: 0, requests: 0 };
  let last: Promise<unknown> = Promise.resolve();
  let timer: ReturnType<typeof setInterval> | undefined;

  /** One after the other: two that look at the same sum must not both act on it. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  function cost(): number {
    let sum = ended;
    for (const meter of running) sum += meter.cost();
    return sum;
  }

  function usage(): TokenUsage {
    let sum = endedUsage;
    for (const meter of running) sum = added(sum, meter.usage());
    return { ...sum };
  }

  function reserve(microUsd: number): Promise<Grant> {
    return inTurn(async (): Promise<Grant> => {
      const short = ended + reserved + microUsd - granted;
      if (capped && short > 0) {
        const grant = await spending.reserve(short, Math.max(short, microUsd));
        if (!grant.ok) return grant;
        granted += short;
      }
      reserved += microUsd;
      return { ok: true, microUsd };
    });
  }

  async function settle(): Promise<void> {
    // What a request did not need is for others from now on; in turn, so that no `reserve` reckons with it.
    granted = ended + reserved;
    const current = { ...usage(), microUsd: cost(), requests };
    const used = {
      ...added(current, settled, -1),
      microUsd: current.microUsd - settled.microUsd,
      requests: current.requests - settled.requests,
    };
    await spending.settle({ used, reserved: Math.max(0, granted - current.microUsd) });
    settled = current;
  }

  /** A failure is made up for by the next call: it writes down all that was used since the last good one. */
  const settleSoon = (): void => void inTurn(settle).catch(() => undefined);

  function begin({ price, bounds, reserved: own }: PricedRequest, cut: () => void): RequestMeter {
    let mine = own;
    let asking = false;
    requests += 1;

    /** The provider counts more than the worst that was reckoned with: more is set aside, or the answer is cut. */
    function keepWithin(): void {
      if (!capped || asking) return;
      const more = meter.cost() - mine;
      if (more <= 0) return;
      asking = true;
      reserve(more)
        .then((grant) => {
          asking = false;
          if (!grant.ok) cut();
          else if (running.has(meter)) mine += more;
          else reserved -= more;
        })
        .catch(cut);
    }

    const meter = startMeter({
      price,
      bounds,
      now,
      onChange: keepWithin,
      onSent: settleSoon,
      onEnd() {
        running.delete(meter);
        if (running.size === 0) clearInterval(timer);
        ended += meter.cost();
        endedUsage = added(endedUsage, meter.usage());
        reserved -= mine;
        settleSoon();
      },
    });
    if (running.size === 0) timer = setInterval(settleSoon, settleMs);
    running.add(meter);
    return meter;
  }

  return {
    capped,
    reserve,
    release(microUsd) {
      reserved -= microUsd;
      settleSoon();
    },
    begin,
    addFree(more) {
      endedUsage = added(endedUsage, more);
    },
    usage,
    cost,
    async close() {
      for (const meter of [...running]) meter.end(false);
      await inTurn(settle);
    },
  };
}

function added(one: TokenUsage, other: TokenUsage, sign = 1): TokenUsage {
  return {
    input: one.input + sign * other.input,
    output: one.output + sign * other.output,
    cacheRead: one.cacheRead + sign * other.cacheRead,
    cacheWrite: one.cacheWrite + sign * other.cacheWrite,
  };
}
