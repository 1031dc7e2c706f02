import type { APIRoute } from 'astro';
import { readyAnswer } from '../../operations/answers.ts';

export const GET: APIRoute = ({ locals }) => readyAnswer(locals.backend);
