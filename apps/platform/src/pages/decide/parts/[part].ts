import type { APIRoute } from 'astro';
import { refuse } from '../../../api/answer.ts';
import { getDeliveryPart } from '../../../api/routes/mail-views.ts';
import { decisionPage } from '../../../dashboard/approvals/decision-page.ts';
import { fileAnswer } from '../../../dashboard/mails/pass-on.ts';

/** A file of the mail that a mailed link is about. */
export const GET: APIRoute = async ({ locals, request, url, params: { part = '' } }) => {
  const { backend, origin: from, reservation } = locals;
  const token = url.searchParams.get('token') ?? '';
  const model = await decisionPage(backend, token, { request, from, reservation });
  if (model.kind !== 'open') return fileAnswer(getDeliveryPart, refuse('not_found'));
  return fileAnswer(getDeliveryPart, await model.ask(getDeliveryPart, { params: { id: model.id, part } }));
};
