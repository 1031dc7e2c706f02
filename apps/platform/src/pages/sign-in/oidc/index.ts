/**
 * `GET /sign-in/oidc`: sends the browser to the OpenID provider. A link and no form, since `form-action` of our policy would
 * have to name the provider (Chromium checks redirects of forms, too). Another site can not begin it: it would put the
 * provider's person in the place of who is signed in here.
 */
import type { APIRoute } from 'astro';
import { oidcProblemPath } from '../../../accounts/oidc/problem-text.ts';
import { returnPath, signInPath } from '../../../accounts/return-path.ts';
import { seeOther } from '../../../http/form.ts';

/** From our own pages, or typed; a browser that says nothing is an old one. */
const OWN = ['same-origin', 'none', null];

export const GET: APIRoute = async ({ locals, request, url }) => {
  const { oidc } = locals.backend.accounts;
  const to = returnPath(url.searchParams.get('to'));
  if (locals.viewer !== null) return seeOther(to);
  if (oidc === null || !OWN.includes(request.headers.get('sec-fetch-site'))) return seeOther(signInPath(to));
  const started = await oidc.start({ clientAddress: locals.origin.clientAddress, to });
  return started.ok
    ? seeOther(started.location, started.cookies)
    : seeOther(oidcProblemPath(started.problem, to));
};
