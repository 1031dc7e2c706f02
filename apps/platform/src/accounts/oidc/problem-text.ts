/** Why nobody was signed in by the OpenID provider, as a person reads it on the sign-in page. */
import { OIDC_PROBLEMS, type OidcProblem } from '../contract.ts';
import { signInPath } from '../return-path.ts';

/** The sentence; `host` is the provider's. */
export function oidcProblemText(problem: OidcProblem, host: string): string {
  switch (problem) {
    case 'denied':
      return `${host} did not sign you in: it was ended there. Try again, or have a link mailed to you.`;
    case 'over':
      return 'This way to sign in is over: it was begun in another browser, more than ten minutes ago, or used already. Begin again.';
    case 'unreachable':
      return `${host} can not be reached at the moment. Try again in a minute, or have a link mailed to you.`;
    case 'refused':
      return `What ${host} answered does not prove who you are, so you were not signed in. Begin again; if it stays, tell whoever runs this server.`;
    case 'unverified':
      return `${host} does not say that your address is verified. Verify it there, or have a link mailed to it.`;
    case 'not_admitted':
      return 'Your address may not sign in here: it owns no agent on this server.';
    case 'too_many':
      return 'There were too many tries from your network. Try again in an hour, or have a link mailed to you.';
  }
}

/** The problem that an address of the sign-in page names; null for anything else. */
export function oidcProblemIn(query: URLSearchParams): OidcProblem | null {
  return OIDC_PROBLEMS.find((problem) => problem === query.get('problem')) ?? null;
}

/** The sign-in page that says so, and that still leads to the page which was asked for. */
export function oidcProblemPath(problem: OidcProblem, to: string): string {
  const path = signInPath(to);
  return `${path}${path.includes('?') ? '&' : '?'}problem=${problem}`;
}
