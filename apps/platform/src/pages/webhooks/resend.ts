/** `POST /webhooks/resend`. */
import type { APIRoute } from 'astro';
import { webhookAnswer } from '../../http/webhook-answer.ts';

export const POST: APIRoute = async ({ locals, request }) =>
  webhookAnswer(
    await locals.backend.webhooks.takeResend({
      headers: request.headers,
      body: request.body,
      reservation: locals.held,
    }),
  );
