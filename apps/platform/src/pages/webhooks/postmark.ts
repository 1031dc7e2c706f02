/** `POST /webhooks/postmark`. */
import type { APIRoute } from 'astro';
import { webhookAnswer } from '../../http/webhook-answer.ts';

export const POST: APIRoute = async ({ locals, request }) =>
  webhookAnswer(
    await locals.backend.webhooks.takePostmark({
      headers: request.headers,
      body: request.body,
      reservation: locals.held,
    }),
  );
