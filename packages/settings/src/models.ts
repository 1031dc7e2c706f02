/** The models that pi knows, as the build writes them down in `models.json`. */
import type { PricedModel } from '@tinyfat/core';
import * as v from 'valibot';

/** One model that can be chosen. */
export interface NamedModel extends PricedModel {
  name: string;
}

const amount = v.pipe(v.number(), v.minValue(0));
const rates = { input: amount, output: amount, cacheRead: amount, cacheWrite: amount };
const modelsSchema = v.pipe(
  v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      contextWindow: v.number(),
      cost: v.object({
        ...rates,
        tiers: v.optional(v.array(v.object({ ...rates, inputTokensAbove: amount }))),
      }),
    }),
  ),
  v.minLength(1),
);

/** The content of `models.json`, as JSON gives it. Throws where it is none. */
export function parseModels(content: unknown): NamedModel[] {
  return v.parse(modelsSchema, content);
}
