/** The models that pi knows, as the build wrote them down. */
import { readFileSync } from 'node:fs';
import type { ModelInfo } from '@tinyfat/sandbox-queue';
import * as v from 'valibot';

const price = v.pipe(v.number(), v.minValue(0));
const modelsSchema = v.pipe(
  v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      contextWindow: v.number(),
      cost: v.object({ input: price, output: price, cacheRead: price, cacheWrite: price }),
    }),
  ),
  v.minLength(1),
);

/** Reads `models.json` of the bundle; throws when the bundle was not built. */
export function readModels(path: string): ModelInfo[] {
  return v.parse(modelsSchema, JSON.parse(readFileSync(path, 'utf8')));
}
