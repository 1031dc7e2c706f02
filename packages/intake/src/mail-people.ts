/** Who else is on a mail: To and Cc without the sender and without our own agents. */
import { type CanonicalAddress, canonicalAddress, type MailSummary } from '@tinyfat/core';

/** More people than this is an announcement, not a conversation: the answer goes to its sender alone. */
const MOST_PEOPLE = 30;

/**
 * Canonical addresses, each once. Empty where the answer must go to the sender alone: the agent itself is not named
 * (it was a Bcc, and would show itself), there are too many people, or an address that nobody can be sure of.
 */
export async function otherPeople(
  summary: MailSummary,
  { sender, agentBase }: { sender: CanonicalAddress; agentBase: string },
  isAgent: (base: string) => Promise<boolean>,
): Promise<string[]> {
  const named = [...summary.to, ...summary.cc];
  if (named.length > MOST_PEOPLE + 2) return [];
  const others = new Set<string>();
  let agentNamed = false;
  for (const mailbox of named) {
    const person = canonicalAddress(mailbox.address);
    if (!person.ok) return [];
    if (person.base === agentBase) agentNamed = true;
    else if (person.base !== sender.base && !(await isAgent(person.base))) others.add(person.address);
  }
  return agentNamed && others.size <= MOST_PEOPLE ? [...others] : [];
}
