/** Counts a request of a run that nothing caps: it streams on as it comes, and its price is read on the way. */
import type { IncomingMessage } from 'node:http';
import { dearestPrice, type FaultBarrier, type PricedModel } from '@tinyfat/core';
import type { Purse } from './purse.ts';
import { type RequestCost, readRequest } from './read-request.ts';
import type { Tally } from './tally.ts';

/** Of a request that can't be read: as much as the longest answer of a model. */
const UNKNOWN_MAX_TOKENS = 128_000;

/** Begins to count. Where the model is not known, or not told in one way only, the dearest is taken. */
export function watchRequest(
  request: IncomingMessage,
  { purse, models, guard }: { purse: Purse; models: readonly PricedModel[]; guard: FaultBarrier },
): Tally {
  const dearest = dearestPrice(models);
  const reader = readRequest();
  let bytes = 0;
  let cost: RequestCost | null = null;
  request.on(
    'data',
    guard((chunk: Buffer) => {
      bytes += chunk.length;
      reader.push(chunk);
    }),
  );
  request.once(
    'end',
    guard(() => {
      cost = reader.end();
    }),
  );
  return purse.start({
    taken: 0,
    price() {
      return models.find(({ id }) => id === cost?.model)?.cost ?? dearest;
    },
    bounds: () =>
      cost?.ok
        ? { ...cost.bounds, inputTokens: cost.bounds.inputTokens ?? bytes }
        : { inputTokens: bytes, maxTokens: UNKNOWN_MAX_TOKENS, hourCache: false },
  });
}
