/** The models that pi knows, as the build wrote them down. */
import { readFileSync } from 'node:fs';
import type { ModelInfo } from '@tinyfat/sandbox-queue';
import * as v from 'valibot';

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

/** Reads `models.json` of the bundle; throws when the bundle was not built. */
export function readModels(path: string): ModelInfo[] {
  return v.parse(modelsSchema, JSON.parse(readFileSync(path, 'utf8')));
}
