/** Lets a request to the model pass once the worst that it may cost is set aside; else it is answered with why not. */
import {
  affordableTokens,
  type Clock,
  capSentence,
  dearestPrice,
  formatUsd,
  type Grant,
  type ModelPrice,
  type PricedModel,
  type RequestBounds,
  worstCase,
} from '@tinyfat/core';
import type { LlmRefusal } from '../api-error.ts';
import type { Ledger, PricedRequest } from './ledger.ts';
import type { RequestCost } from './read-request.ts';

/** A request that may go on, or the answer that it gets. `gone`: the sandbox hung up. */
export type Admitted =
  | { kind: 'admitted'; request: PricedRequest }
  | { kind: 'refused'; refusal: LlmRefusal }
  | { kind: 'gone' };

interface AdmitDeps {
  ledger: Ledger;
  models: readonly PricedModel[];
  /** How long a request waits for money that others hold, ms. */
  waitMs: number;
  now: Clock;
}

/** Stands first in the reason of a refusal for want of money; step-mom looks for it. */
const CODE = 'budget_exhausted';
/** How soon a request asks again for money that others hold, ms. */
const ASK_AGAIN_MS = 200;
/** A shorter answer is of no use to anybody, so it is not suggested. */
const USEFUL_TOKENS = 256;
/** Of a request that can't be read: as much as the longest answer of a model. */
const UNKNOWN_MAX_TOKENS = 128_000;

/** The refusal of a request that has no price. */
export function unpriced(reason: string): LlmRefusal {
  const why = `${reason}; a budget is in force, so every request must have a price`;
  return { status: 400, type: 'invalid_request_error', reason: why };
}

/** Decides about one request whose body has `bytes`. */
export async function admitRequest(
  cost: RequestCost,
  bytes: number,
  { ledger, models, waitMs, now }: AdmitDeps,
  signal: AbortSignal,
): Promise<Admitted> {
  if (!ledger.capped)
    return { kind: 'admitted', request: { ...estimated(cost, bytes, models), reserved: 0 } };
  const priced = priceRequest(cost, models);
  if (!priced.ok) return { kind: 'refused', refusal: unpriced(priced.reason) };
  const { price, bounds } = priced;
  const worst = worstCase(price, bounds);
  const waitUntil = now() + waitMs;
  for (;;) {
    let grant: Grant;
    try {
      grant = await ledger.reserve(worst);
    } catch {
      const reason = 'the budget can not be read at the moment';
      return { kind: 'refused', refusal: { status: 500, type: 'api_error', reason } };
    }
    if (signal.aborted) {
      if (grant.ok) ledger.release(worst);
      return { kind: 'gone' };
    }
    if (grant.ok) return { kind: 'admitted', request: { price, bounds, reserved: worst } };
    if (!grant.held || now() >= waitUntil) {
      const reason = tooDear(grant, price, bounds);
      return { kind: 'refused', refusal: { status: 400, type: 'invalid_request_error', reason } };
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** What a request of a run without a cap is counted with; where its model is not known, the dearest is taken. */
function estimated(
  cost: RequestCost,
  bytes: number,
  models: readonly PricedModel[],
): { price: ModelPrice; bounds: RequestBounds } {
  return {
    price: models.find(({ id }) => id === cost.model)?.cost ?? dearestPrice(models),
    bounds: cost.ok
      ? { ...cost.bounds, inputTokens: cost.bounds.inputTokens ?? bytes }
      : { inputTokens: bytes, maxTokens: UNKNOWN_MAX_TOKENS, hourCache: false },
  };
}

/** Price and bounds of a request of a run with a cap. */
function priceRequest(
  cost: RequestCost,
  models: readonly PricedModel[],
): { ok: true; price: ModelPrice; bounds: RequestBounds } | { ok: false; reason: string } {
  if (!cost.ok) return cost;
  const model = models.find(({ id }) => id === cost.model);
  if (!model) return { ok: false, reason: `the model ${JSON.stringify(cost.model)} has no known price` };
  const inputTokens = Math.min(cost.bounds.inputTokens ?? model.contextWindow, model.contextWindow);
  return { ok: true, price: model.cost, bounds: { ...cost.bounds, inputTokens } };
}

/** Status 400, which nobody repeats: the money will not be more a moment later. */
function tooDear(
  { cap, held }: Extract<Grant, { ok: false }>,
  price: ModelPrice,
  bounds: RequestBounds,
): string {
  const dear = `${CODE}: this request may cost up to ${formatUsd(worstCase(price, bounds))}.`;
  if (held) return `${dear} ${capSentence(cap)} Requests under way hold it.`;
  const fits = affordableTokens(price, bounds, cap.monthly - cap.spent);
  const hint = fits >= USEFUL_TOKENS ? ` With max_tokens of at most ${fits} it would fit.` : '';
  return `${dear} ${capSentence(cap)}${hint}`;
}
