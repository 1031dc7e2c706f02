/** Every request passes here: it gets its backend, is checked for where it came from, and its answer is sealed. */

import { defineMiddleware } from 'astro:middleware';
import { requestParts } from '#backend';
import { foreignOrigin } from './http/foreign-origin.ts';
import { problem } from './http/problem.ts';
import { withSecurityHeaders } from './http/security-headers.ts';

export const onRequest = defineMiddleware(async (context, next) => {
  const { locals, request } = context;
  Object.assign(locals, await requestParts(locals));
  const { publicUrl } = locals.backend;
  const answer = foreignOrigin(request, publicUrl) ? problem('foreign_origin') : await next();
  return withSecurityHeaders(answer, publicUrl);
});
