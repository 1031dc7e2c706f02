/**
 * Cross-site request forgery: a browser sends a form that another site made as readily as ours, with our cookies, and
 * says in Origin which site it was (Fetch standard), and in Sec-Fetch-Site how that one is related to us. A form of our
 * pages needs the right Origin, cookies or not: so nobody is signed in, or has mail sent, by a page that they looked at.
 * Programs prove themselves by tokens or signatures; a request of theirs with cookies is one of a browser.
 */
import { isForPrograms } from './error-page.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request that changes something does not come from our own pages, though it would have to. */
export function foreignOrigin(request: Request, publicUrl: URL): boolean {
  if (SAFE.has(request.method)) return false;
  const { headers } = request;
  if (isForPrograms(request) && !headers.has('cookie')) return false;
  const site = headers.get('sec-fetch-site');
  return headers.get('origin') !== publicUrl.origin || (site !== null && site !== 'same-origin');
}
