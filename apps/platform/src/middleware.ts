/** Every request passes here: its origin is checked, and who makes it is looked up. The server adds the security headers. */

import { defineMiddleware } from 'astro:middleware';
import type { APIContext, MiddlewareNext } from 'astro';
import type { Viewer } from './accounts/contract.ts';
import { signInPath } from './accounts/return-path.ts';
import { errorPageRequest, isErrorPage, isForPrograms, wantsPage } from './http/error-page.ts';
import { foreignOrigin } from './http/foreign-origin.ts';
import { seeOther } from './http/form.ts';
import { holdForm } from './http/held-form.ts';
import { isOpen, takesFormOfAnybody } from './http/open-pages.ts';
import { isProblem, type Problem, problem } from './http/problem.ts';
import { readPreferences } from './view/preferences.ts';

export const onRequest = defineMiddleware(async (context, next) => {
  become(context, null);
  context.locals.preferences = readPreferences(context.request.headers);
  return await answerOf(context, next);
});

/** From here on the request is the viewer's. */
function become({ locals, request }: APIContext, viewer: Viewer | null): void {
  const { backend, origin: from, reservation } = locals;
  locals.viewer = viewer;
  locals.ask = backend.askFor({ viewer, request, from, reservation });
}

/** The answer of the route; errors are a page for browsers and problem details for programs. */
async function answerOf(context: APIContext, next: MiddlewareNext): Promise<Response> {
  const { locals, request } = context;
  try {
    if (foreignOrigin(request, locals.backend.publicUrl)) {
      return wantsPage(request)
        ? await context.rewrite(errorPageRequest(request, 403))
        : problem('foreign_origin');
    }
    const answer = isForPrograms(request) ? await next() : await answerPerson(context, next);
    const { status } = answer;
    if ((status !== 404 && status !== 500) || isPage(answer)) {
      const isRefusedForm = request.method === 'POST' && wantsPage(request) && isProblem(answer);
      return isRefusedForm ? await refusedForm(context, answer) : answer;
    }
    if (wantsPage(request)) return await context.rewrite(errorPageRequest(request, status));
    // Astro fills an empty error with a page; the answer to a HEAD is empty too.
    return answer.body === null ? problem(status === 404 ? 'not_found' : 'server_fault') : answer;
  } catch (error) {
    locals.fault = locals.backend.reportFault(error, context.routePattern);
    if (!wantsPage(request)) return problem('server_fault', `The log has it as ${locals.fault}.`);
    return await context.rewrite(errorPageRequest(request, 500));
  }
}

/** The page about a form that was not read; headers that say how to go on stay. */
async function refusedForm(context: APIContext, answer: Response): Promise<Response> {
  context.locals.refusedForm = (await answer.json()) as Problem;
  const page = await context.rewrite(errorPageRequest(context.request, 400));
  const withHeaders = new Response(page.body, page);
  for (const name of ['connection', 'retry-after']) {
    const value = answer.headers.get(name);
    if (value !== null) withHeaders.headers.set(name, value);
  }
  return withHeaders;
}

/** A page for the signed-in viewer. Reading pages prolongs the session; a form, which may end it, does not. */
async function answerPerson(context: APIContext, next: MiddlewareNext): Promise<Response> {
  const { locals, request, url } = context;
  if (isErrorPage(request)) return await next();
  const { accounts } = locals.backend;
  if (request.method !== 'GET') {
    become(context, await accounts.viewer(request.headers));
    if (locals.viewer !== null || takesFormOfAnybody(url.pathname)) return await next();
    if (request.method !== 'POST' || !wantsPage(request)) return toSignIn(url);
    locals.heldForm = await holdForm(request, locals.reservation, url.pathname + url.search);
    return await context.rewrite(errorPageRequest(request, 401));
  }
  const visit = await accounts.visit(request.headers);
  become(context, visit?.viewer ?? null);
  if (!isOpen(url.pathname) && locals.viewer === null) return toSignIn(url);
  const answer = await next();
  if (!visit || visit.cookies.length === 0) return answer;
  const withCookies = new Response(answer.body, answer);
  for (const cookie of visit.cookies) withCookies.headers.append('set-cookie', cookie);
  return withCookies;
}

/** The sign-in, and from there back to the page that was asked for. */
function toSignIn({ pathname, search }: URL): Response {
  return seeOther(signInPath(pathname + search));
}

function isPage(answer: Response): boolean {
  return answer.headers.get('content-type')?.startsWith('text/html') === true;
}
