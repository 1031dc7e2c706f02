/** What a turn costs at a model, in words. */
import type * as v from 'valibot';
import type { agentSettings } from '../../api/routes/agents.ts';
import { moneyText } from '../../view/numbers.ts';

/** What is known of a model's turns of one agent. */
export type ModelCost = v.InferOutput<typeof agentSettings>['models'][number];

/** `about $0.012 a turn`, or that it is not known. */
export function costText(cost: Pick<ModelCost, 'median_usd'> | undefined): string {
  if (cost === undefined || cost.median_usd === null) return 'cost of a turn unknown';
  return `about ${moneyText(cost.median_usd)} a turn`;
}

/** On how many turns that stands, and their mean. */
export function costBasis(cost: ModelCost | undefined): string {
  if (cost === undefined || cost.turns === 0)
    return 'No turn of this agent at this model has ended well yet.';
  const turns = cost.turns === 1 ? 'its last turn' : `its last ${cost.turns} turns`;
  return `Median of ${turns} at this model; the mean is ${moneyText(cost.mean_usd)}.`;
}
