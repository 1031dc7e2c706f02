/** What of the agent's folder could not be used: the events have all of it, the agent and its owner the beginning. */
import { canonicalAddress, type StepMomInput } from '@tinyfat/core';

const MOST_SHOWN = 5;

/** The notes as lines of a list; empty where there are none. */
function listed(notes: readonly string[]): string {
  const more = notes.length > MOST_SHOWN ? [`- … and ${notes.length - MOST_SHOWN} more.`] : [];
  return [...notes.slice(0, MOST_SHOWN).map((note) => `- ${note}`), ...more].join('\n');
}

/** The notes as a part of the system prompt; empty where there are none. */
export function notesForAgent(notes: readonly string[]): string {
  return notes.length === 0 ? '' : `\n\nNot all of your folder could be used:\n${listed(notes)}`;
}

/** A reply with the notes below it where it goes to the owner; to anybody else they say nothing of use. */
export function withNotes(reply: string, notes: readonly string[], input: StepMomInput): string {
  if (notes.length === 0 || !isOwner(input)) return reply;
  return `${reply}\n\n(From the server: not all of the agent's folder could be used.)\n\n${listed(notes)}`;
}

function isOwner({ agent, email }: StepMomInput): boolean {
  const owner = canonicalAddress(agent.owner);
  const sender = canonicalAddress(email.from.address);
  return owner.ok && sender.ok && owner.base === sender.base;
}
