/** `GET /sign-in/oidc/callback`: where the OpenID provider sends the browser back to. */
import type { APIRoute } from 'astro';
import { oidcProblemPath } from '../../../accounts/oidc/problem-text.ts';
import { seeOther } from '../../../http/form.ts';

export const GET: APIRoute = async ({ locals, request, url }) => {
  const { oidc } = locals.backend.accounts;
  if (oidc === null) return seeOther('/sign-in');
  const done = await oidc.finish(url.searchParams, request.headers);
  return seeOther(done.ok ? done.to : oidcProblemPath(done.problem, done.to), done.cookies);
};
