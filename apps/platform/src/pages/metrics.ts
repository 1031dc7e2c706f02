import type { APIRoute } from 'astro';
import { metricsAnswer } from '../operations/answers.ts';

export const GET: APIRoute = ({ locals }) => metricsAnswer(locals.backend, locals.origin);
