import type { Viewed } from '@tinyfat/mail';
import { mailDocument } from '../../http/mail-frame.ts';
import { type Outcome, refuse } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import * as routes from '../routes/mail-views.ts';
import { deliveryMessage, lookAtMessage, mailMessage, type OpenMessage } from './message-bytes.ts';
import { readSource } from './message-source.ts';

/** The four forms of a message, and the routes of them for one kind of it. */
function viewsOf(
  open: OpenMessage,
  {
    view,
    html,
    part,
    source,
  }: {
    view: typeof routes.viewMail | typeof routes.viewDelivery;
    html: typeof routes.getMailHtml | typeof routes.getDeliveryHtml;
    part: typeof routes.getMailPart | typeof routes.getDeliveryPart;
    source: typeof routes.getMailSource | typeof routes.getDeliverySource;
  },
) {
  return [
    endpoint(view, async (call) =>
      lookAtMessage(call, open, async (raw) =>
        shown(await call.deps.mailViewer.view(raw), (seen) => ({
          headers: seen.headers,
          headers_cut: seen.headersCut,
          text: seen.text,
          text_cut: seen.textCut,
          parts: seen.parts,
          parts_cut: seen.partsCut,
        })),
      ),
    ),

    endpoint(html, async (call) =>
      lookAtMessage(call, open, async (raw) => shown(await call.deps.mailViewer.viewHtml(raw), mailDocument)),
    ),

    endpoint(part, async (call) =>
      lookAtMessage(call, open, async (raw) =>
        shown(
          await call.deps.mailViewer.viewPart(raw, Number(call.params.part)),
          ({ filename, content }) => ({ name: filename, bytes: content }),
        ),
      ),
    ),

    endpoint(source, async (call) => {
      const found = await open(call);
      if (!found.ok) return found;
      return {
        ok: true,
        body: await readSource(await call.deps.rawMail.stream(found.body), call.query.offset),
      };
    }),
  ];
}

export const mailViewEndpoints = [
  ...viewsOf(mailMessage, {
    view: routes.viewMail,
    html: routes.getMailHtml,
    part: routes.getMailPart,
    source: routes.getMailSource,
  }),
  ...viewsOf(deliveryMessage, {
    view: routes.viewDelivery,
    html: routes.getDeliveryHtml,
    part: routes.getDeliveryPart,
    source: routes.getDeliverySource,
  }),
];

/** What a viewer gave, as the API answers it. */
function shown<Answer, Body>(viewed: Viewed<Answer>, body: (answer: Answer) => Body): Outcome<Body> {
  if (viewed.ok) return { ok: true, body: body(viewed.answer) };
  const { code, reason } = viewed;
  if (code === 'no_such_part') return refuse('not_found');
  if (code === 'interrupted') return refuse('server_busy', reason, { 'retry-after': '5' });
  return {
    ...refuse('conflict', `The mail can not be shown: ${reason}`),
    nextStep: 'Download it as it came, and open it with a mail program.',
  };
}
