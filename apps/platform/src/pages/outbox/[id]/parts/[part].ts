import type { APIRoute } from 'astro';
import { getDeliveryPart } from '../../../../api/routes/mail-views.ts';
import { fileAnswer } from '../../../../dashboard/mails/pass-on.ts';

export const GET: APIRoute = async ({ locals, params: { id = '', part = '' } }) =>
  fileAnswer(getDeliveryPart, await locals.ask(getDeliveryPart, { params: { id, part } }));
