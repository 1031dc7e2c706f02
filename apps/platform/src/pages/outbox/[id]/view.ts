import type { APIRoute } from 'astro';
import { getDeliveryHtml } from '../../../api/routes/mail-views.ts';
import { frameAnswer } from '../../../dashboard/mails/pass-on.ts';

/** What `MailFrame` shows. */
export const GET: APIRoute = async ({ locals, params }) =>
  frameAnswer(await locals.ask(getDeliveryHtml, { params: { id: params.id ?? '' } }));
