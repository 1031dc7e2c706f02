import type { APIRoute } from 'astro';
import { refuse } from '../../api/answer.ts';
import { getDeliveryHtml } from '../../api/routes/mail-views.ts';
import { decisionPage } from '../../dashboard/approvals/decision-page.ts';
import { frameAnswer } from '../../dashboard/mails/pass-on.ts';

/** What `MailFrame` shows on the page of a mailed link. */
export const GET: APIRoute = async ({ locals, request, url }) => {
  const { backend, origin: from, reservation } = locals;
  const token = url.searchParams.get('token') ?? '';
  const model = await decisionPage(backend, token, { request, from, reservation });
  if (model.kind !== 'open') return frameAnswer(refuse('not_found'));
  return frameAnswer(await model.ask(getDeliveryHtml, { params: { id: model.id } }));
};
