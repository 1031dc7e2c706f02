/** Addresses of pages that give what a route of the API gives: the frame of a mail, and files. */
import type { Outcome } from '../../api/answer.ts';
import type { Fields, Route } from '../../api/route.ts';
import { mailFrame, messageDocument } from '../../http/mail-frame.ts';
import { explained, refusedPage } from '../../view/refusal.ts';

/** The document of a mail; where there is none, one that says why, since a frame shows no page of ours. */
export function frameAnswer(outcome: Outcome<string>): Response {
  if (outcome.ok) return mailFrame(outcome.body);
  const { what, nextStep } = explained(outcome);
  return mailFrame(messageDocument(`${what} ${nextStep}`), outcome.headers, outcome.status);
}

/** The answer of the route itself; the error page where it refuses. */
export function fileAnswer<P extends Fields, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  outcome: Outcome<A>,
): Response {
  return outcome.ok ? route.answer.write(outcome.body, outcome.headers ?? {}) : refusedPage(outcome);
}
