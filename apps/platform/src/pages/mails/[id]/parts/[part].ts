import type { APIRoute } from 'astro';
import { getMailPart } from '../../../../api/routes/mail-views.ts';
import { fileAnswer } from '../../../../dashboard/mails/pass-on.ts';

export const GET: APIRoute = async ({ locals, params: { id = '', part = '' } }) =>
  fileAnswer(getMailPart, await locals.ask(getMailPart, { params: { id, part } }));
