/** Lets a request to the model pass once the worst that it may cost is set aside; else it is answered with why not. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import {
  affordableTokens,
  type Cap,
  type Clock,
  capSentence,
  formatUsd,
  type ModelPrice,
  type PricedModel,
  type RequestBounds,
  worstCase,
} from '@tinyfat/core';
import type { GatewayLimits } from '../limits.ts';
import type { ApiErrorType } from '../llm/api-error.ts';
import { holdBody } from '../llm/hold-body.ts';
import { type BodyFeed, type BodyParts, heldBodyFeed } from '../llm/request-body.ts';
import { unpricedHeaders } from './paid-headers.ts';
import type { Purse } from './purse.ts';
import { type RequestCost, readRequest } from './read-request.ts';
import type { Tally } from './tally.ts';

/** A request that may go on, or the answer that it gets. `gone`: nobody waits for one any more. */
export type Admitted =
  | { kind: 'admitted'; body: BodyFeed; tally: Tally }
  | { kind: 'refused'; status: number; type: ApiErrorType; reason: string }
  | { kind: 'gone' };

export interface AdmitParts extends BodyParts {
  purse: Purse;
  models: readonly PricedModel[];
  limits: GatewayLimits;
  now: Clock;
}

/** Stands first in the reason of a refusal for want of money; step-mom looks for it. */
const CODE = 'budget_exhausted';
/** How soon a request asks again for money that others hold, ms. */
const ASK_AGAIN_MS = 200;
/** A shorter answer is of no use to anybody, so it is not suggested. */
const USEFUL_TOKENS = 256;

/** Decides about one request of a run with a cap. Rejects when the budget can't be read. */
export async function admitRequest(
  request: IncomingMessage,
  response: ServerResponse,
  parts: AdmitParts,
): Promise<Admitted> {
  const { purse } = parts;
  const unpriced = unpricedHeaders(request.headers);
  if (unpriced !== null) return invalid(unpriced);
  const reader = readRequest();
  const held = await holdBody(request, parts, reader.push);
  if (held.kind !== 'held') return held;
  const body = heldBodyFeed(held.bytes.pieces(), held.release);
  const refused = (admitted: Admitted): Admitted => {
    body.discard();
    return admitted;
  };
  const priced = priceRequest(reader.end(), parts.models);
  if (!priced.ok) return refused(invalid(priced.reason));
  const { price, bounds } = priced;
  const worst = worstCase(price, bounds);
  const waitUntil = parts.now() + parts.limits.llmBudgetWaitMs;
  for (;;) {
    const grant = await purse.take(worst);
    if (response.destroyed) {
      if (grant.ok) purse.giveBack(worst);
      return refused({ kind: 'gone' });
    }
    if (grant.ok) {
      const tally = purse.start({ price: () => price, bounds: () => bounds, taken: worst });
      return { kind: 'admitted', body, tally };
    }
    if (!grant.held || parts.now() >= waitUntil) {
      const reason = tooDear(grant, price, bounds);
      return refused({ kind: 'refused', status: 400, type: 'invalid_request_error', reason });
    }
    await wait(ASK_AGAIN_MS);
  }
}

function invalid(reason: string): Extract<Admitted, { kind: 'refused' }> {
  const why = `${reason}; a budget is in force, so every request must have a price`;
  return { kind: 'refused', status: 400, type: 'invalid_request_error', reason: why };
}

/** Price and bounds of a request. */
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
function tooDear(refusal: { cap: Cap; held: boolean }, price: ModelPrice, bounds: RequestBounds): string {
  const { cap } = refusal;
  const dear = `${CODE}: this request may cost up to ${formatUsd(worstCase(price, bounds))}.`;
  if (refusal.held) return `${dear} ${capSentence(cap)} Requests under way hold it.`;
  const fits = affordableTokens(price, bounds, cap.monthly - cap.spent);
  const hint = fits >= USEFUL_TOKENS ? ` With max_tokens of at most ${fits} it would fit.` : '';
  return `${dear} ${capSentence(cap)}${hint}`;
}
