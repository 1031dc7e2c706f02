import type { APIRoute } from 'astro';
import { getMailHtml } from '../../../api/routes/mail-views.ts';
import { frameAnswer } from '../../../dashboard/mails/pass-on.ts';

/** What `MailFrame` shows. */
export const GET: APIRoute = async ({ locals, params }) =>
  frameAnswer(await locals.ask(getMailHtml, { params: { id: params.id ?? '' } }));
