import type { APIRoute } from 'astro';
import { liveAnswer } from '../../operations/answers.ts';

export const GET: APIRoute = () => liveAnswer();
