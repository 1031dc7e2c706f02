/** What every entry of the error list says. */

/** One error: who is to act on it, what happened, and what that person can do. Both are whole sentences. */
export interface ErrorDescription {
  seenBy: 'sender' | 'owner' | 'operator' | 'agent';
  sentence: string;
  nextStep: string;
}
