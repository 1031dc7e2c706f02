/** The agent and the owner that words name. */
import { canonicalAddress, renderError } from '@tinyfat/core';
import { agentRoutes, meRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { ApiClient, Failed } from '../client/api-client.ts';
import { notFound, refused } from '../client/open-api.ts';
import { UsageError } from '../command.ts';

export type Agent = InferOutput<typeof agentRoutes.agent>;

/** The named agent, or null after saying that there is none. */
export async function namedAgent(api: ApiClient, name: string): Promise<Agent | null> {
  const answer = await api.call(agentRoutes.getAgent, { params: { agent: name } });
  if (answer.ok) return answer.body;
  unknownAgent(answer, name);
  return null;
}

/** Says why a request about an agent failed; gives 1. */
export function unknownAgent(failure: Failed, name: string): number {
  return notFound(failure, renderError('agent_unknown', `Asked for: ${name}.`));
}

/**
 * The owner whom `--owner` names, else that of the token; null after saying why the API gave none. Throws a UsageError for
 * what is no address, and one with `usage` for the operator, who has no owner.
 */
export async function chosenOwner(
  api: ApiClient,
  named: string | undefined,
  usage: string,
): Promise<string | null> {
  if (named !== undefined) {
    const parsed = canonicalAddress(named.trim());
    if (!parsed.ok) throw new UsageError(`--owner: ${parsed.reason}`);
    return parsed.address;
  }
  const me = await api.call(meRoutes.getMe);
  if (!me.ok) {
    refused(me);
    return null;
  }
  if (me.body.owner === null) throw new UsageError(usage);
  return me.body.owner;
}

/** Warns where an owner has no agent, which may be a slip of the pen. */
export async function warnOfNoAgent(api: ApiClient, owner: string): Promise<void> {
  const agents = await api.call(agentRoutes.listAgents, { query: { owner, limit: '1' } });
  if (agents.ok && agents.body.data.length === 0) {
    console.error(`Warning: ${owner} owns no agent; see: tinyfat agent list`);
  }
}
