/** The page that takes an agent's address away, once its name is typed. */
import { type Outcome, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { deleteAgent } from '../../api/routes/agents.ts';

/** Deletes the agent where `typed` is its name. */
export async function deleteTyped(ask: Ask, name: string, typed: string): Promise<Outcome<null>> {
  if (typed.trim().toLowerCase() !== name) {
    return refuse('invalid_request', `Type ${name} to delete it; nothing was deleted.`);
  }
  return await ask(deleteAgent, { params: { agent: name } });
}
