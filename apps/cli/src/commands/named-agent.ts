/** The agent that the words name, and whose something is. */
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

/** Says why nothing came of something that is asked of an agent; gives 1. */
export function unknownAgent(failure: Failed, name: string): number {
  return notFound(failure, renderError('agent_unknown', `Asked for: ${name}.`));
}

/**
 * The owner whom `--owner` names, else the one whose token asks; null after saying that there was no answer. Throws a
 * UsageError for what is no address, and, with `usage`, on the machine itself, where nobody is one's own.
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
