/**
 * What only the owner of an agent can mend, and somebody else ran into: the owner hears of it, too, once a day for each
 * code over all of their agents. Who wrote has an error mail of their own.
 */
import { describeError } from '@tinyfat/core';
import { type Database, insertDeliveries, type Run, wasToldOf } from '@tinyfat/database';
import { agentAddress, type ConsumerDeps, type Work } from './consumer.ts';
import { ownerMail } from './host-mail.ts';

/** About the money and the keys of the owner. */
const OWNERS_TO_MEND = ['llm_billing', 'llm_unauthorized', 'owner_key_unreadable', 'budget_exhausted'];
const ONCE_IN_MS = 24 * 3_600_000;

/**
 * What records the mail in the transaction that ends the job; undefined where none is due. Looked at again in there, so
 * that two jobs that end at once send one.
 */
export async function newsForOwner(
  deps: ConsumerDeps,
  work: Work,
  { run, code, explanation }: { run: Run; code: string; explanation: string },
): Promise<((tx: Database) => Promise<void>) | undefined> {
  const { agent, mail } = work;
  if (!OWNERS_TO_MEND.includes(code) || mail.sender === agent.owner) return undefined;
  const told = { owner: agent.owner, code, since: deps.clock() - ONCE_IN_MS };
  if (await wasToldOf(deps.db, told)) return undefined;
  const delivery = await ownerMail(deps, work, {
    runId: run.id,
    subject: `${agent.name}: ${describeError(code).sentence}`,
    letter: {
      heading: `A mail to ${agent.name} got no answer`,
      blocks: [
        { kind: 'text', text: [`${mail.sender} wrote to ${agentAddress(deps, agent)}, and got no answer.`] },
        { kind: 'text', text: [explanation] },
        { kind: 'text', quiet: true, text: ['You get this once a day at most, as the owner of the agent.'] },
      ],
    },
    footer: `Run ${run.id}, ${code}`,
  });
  // Where mail to the owner comes back, nobody is there to approve it.
  if (delivery.state !== 'pending') return undefined;
  return async (tx) => {
    if (!(await wasToldOf(tx, told))) await insertDeliveries(tx, [delivery]);
  };
}
