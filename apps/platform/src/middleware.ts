/** Every request passes here: it gets its backend, is checked for where it came from, and its answer is sealed. */

import { defineMiddleware } from 'astro:middleware';
import type { APIContext, MiddlewareNext } from 'astro';
import { requestParts } from '#backend';
import { errorPageRequest, wantsPage } from './http/error-page.ts';
import { foreignOrigin } from './http/foreign-origin.ts';
import { problem } from './http/problem.ts';
import { withSecurityHeaders } from './http/security-headers.ts';

export const onRequest = defineMiddleware(async (context, next) => {
  const { locals, request } = context;
  Object.assign(locals, await requestParts(locals));
  const { publicUrl } = locals.backend;
  const answer = foreignOrigin(request, publicUrl)
    ? problem('foreign_origin')
    : await answerOf(context, next);
  return withSecurityHeaders(answer, publicUrl);
});

/** What the route answers, with errors in the form that whoever asks can read. */
async function answerOf(context: APIContext, next: MiddlewareNext): Promise<Response> {
  const { locals, request } = context;
  try {
    const answer = await next();
    const { status } = answer;
    if ((status !== 404 && status !== 500) || isPage(answer)) return answer;
    if (wantsPage(request)) return await context.rewrite(errorPageRequest(request, status));
    // Astro would put a page where nothing is: the answer to a HEAD has no body, either.
    return answer.body === null ? problem(status === 404 ? 'not_found' : 'server_fault') : answer;
  } catch (error) {
    locals.fault = locals.backend.reportFault(error, context.routePattern);
    if (!wantsPage(request)) return problem('server_fault', `The log has it as ${locals.fault}.`);
    return await context.rewrite(errorPageRequest(request, 500));
  }
}

function isPage(answer: Response): boolean {
  return answer.headers.get('content-type')?.startsWith('text/html') === true;
}
