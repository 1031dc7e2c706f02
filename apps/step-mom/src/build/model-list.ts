import { ANTHROPIC_MODELS } from '@earendil-works/pi-ai/providers/anthropic.models';

/** A model of pi's Anthropic provider, as `models.json` lists it for the host. */
export interface ListedModel {
  id: string;
  name: string;
  /** Tokens. */
  contextWindow: number;
  maxTokens: number;
  /** USD per million tokens. */
  cost: { input: number; output: number; cacheRead: number; cacheWrite: number };
  /** It takes images. */
  images: boolean;
}

/** pi's Anthropic models by id. Which of them an alias means is core's rule. Throws when there are none. */
export function listModels(): ListedModel[] {
  const models = Object.values(ANTHROPIC_MODELS).map((model): ListedModel => {
    const { input, output, cacheRead, cacheWrite } = model.cost;
    return {
      id: model.id,
      name: model.name,
      contextWindow: model.contextWindow,
      maxTokens: model.maxTokens,
      cost: { input, output, cacheRead, cacheWrite },
      images: model.input.includes('image'),
    };
  });
  if (models.length === 0) throw new Error('pi lists no Anthropic models');
  return models.sort((a, b) => (a.id < b.id ? -1 : 1));
}
