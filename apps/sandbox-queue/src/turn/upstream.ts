/** Whose key pays for a run, decided anew for each one: the owner's, else the operator's, else the demo model answers. */
import type { TurnUpstream } from '@tinyfat/core';
import { type Agent, findProviderKey } from '@tinyfat/database';
import type { ConsumerDeps } from '../consumer.ts';

/** The upstream of an agent's next run. A stored key that does not open fails the run: no other ever takes its place. */
export async function upstreamOf(
  { db, operatorPays }: Pick<ConsumerDeps, 'db' | 'operatorPays'>,
  agent: Pick<Agent, 'owner'>,
): Promise<TurnUpstream> {
  const owned = await findProviderKey(db, agent.owner, 'anthropic');
  if (owned) return { kind: 'anthropic', payer: 'owner' };
  return operatorPays ? { kind: 'anthropic', payer: 'operator' } : { kind: 'demo' };
}
