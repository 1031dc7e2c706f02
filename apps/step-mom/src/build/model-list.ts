import { ANTHROPIC_MODELS } from '@earendil-works/pi-ai/providers/anthropic.models';

/** A model of pi's Anthropic provider, as `models.json` lists it for the host. */
export interface ListedModel {
  id: string;
  name: string;
  /** `haiku`, `sonnet`, `opus` …: what an alias names. */
  family: string;
  /** Version numbers, for example [4, 5]; compared element by element, a missing one is 0. */
  version: number[];
  /** The id is pinned to a date: an alias never resolves to it. */
  dated: boolean;
  /** Tokens. */
  contextWindow: number;
  maxTokens: number;
  /** USD per million tokens. */
  cost: { input: number; output: number; cacheRead: number; cacheWrite: number };
  images: boolean;
}

/**
 * pi's Anthropic models, newest first within a family: an alias (`haiku`) is the first entry of its family that
 * is not dated. Throws when an id is not of the form `claude-{family}-{version}[-{date}]`.
 */
export function listModels(): ListedModel[] {
  const models = Object.values(ANTHROPIC_MODELS).map((model): ListedModel => {
    const parts = /^claude-([a-z]+)-(\d{1,2}(?:-\d{1,2})*)(-\d{8})?$/.exec(model.id);
    const [, family, version, date] = parts ?? [];
    if (family === undefined || version === undefined) throw new Error(`unexpected model id ${model.id}`);
    const { input, output, cacheRead, cacheWrite } = model.cost;
    return {
      id: model.id,
      name: model.name,
      family,
      version: version.split('-').map(Number),
      dated: date !== undefined,
      contextWindow: model.contextWindow,
      maxTokens: model.maxTokens,
      cost: { input, output, cacheRead, cacheWrite },
      images: model.input.includes('image'),
    };
  });
  return models.sort(
    (a, b) =>
      compareText(a.family, b.family) ||
      compareVersions(b.version, a.version) ||
      Number(a.dated) - Number(b.dated) ||
      compareText(a.id, b.id),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareVersions(a: number[], b: number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
