import type { APIRoute } from 'astro';
import { metricsAnswer } from '../operations/answers.ts';

export const GET: APIRoute = ({ locals, request }) =>
  metricsAnswer(locals.backend, locals.origin, request.headers);
