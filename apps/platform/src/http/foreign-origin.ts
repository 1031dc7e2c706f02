/**
 * Cross-site request forgery: a browser sends its cookies along with a form that another site made, and says in
 * Origin which one it was (Fetch standard). Requests without cookies can't be forged so: webhooks and tokens pass.
 */

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a request that changes something carries cookies and does not come from our own pages. */
export function foreignOrigin(request: Request, publicUrl: URL): boolean {
  if (SAFE.has(request.method) || !request.headers.has('cookie')) return false;
  return request.headers.get('origin') !== publicUrl.origin;
}
