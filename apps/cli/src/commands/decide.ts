/** `tinyfat outbox edit|reject|mark-sent ID`: what an owner decides about a mail, beside letting it go. */
import { text } from 'node:stream/consumers';
import { approvalRoutes, outboxRoutes } from '@tinyfat/platform';
import type { Failed } from '../client/api-client.ts';
import { notFound, overApi, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { printable } from '../output/text.ts';

/** Ends a mail that awaits approval unsent; with a note its agent writes it anew. */
export const rejectDelivery = overApi<[string], { note: string | undefined }>(
  async (api, { words: [id], options: { note } }) => {
    const ended = await api.call(approvalRoutes.rejectDelivery, { params: { id }, body: { note } });
    if (!ended.ok) return unknownDelivery(ended, id);
    console.log(
      printable(
        note === undefined
          ? `It is not sent to ${ended.body.recipients.join(', ')}. It stays on record.`
          : `It is not sent. ${ended.body.agent} writes it anew, by your note.`,
      ),
    );
    return 0;
  },
);

/** Takes an uncertain mail for sent. */
export const markSent = overApi<[string]>(async (api, { words: [id] }) => {
  const marked = await api.call(outboxRoutes.markDeliverySent, { params: { id } });
  if (!marked.ok) return unknownDelivery(marked, id);
  console.log(printable(`It counts as sent to ${marked.body.recipients.join(', ')}.`));
  return 0;
});

interface Edit {
  to: string[];
  cc: string[];
  subject: string | undefined;
  body: boolean;
}

/** Changes a mail that awaits approval: what is not named stays. It goes on waiting. */
export const editDelivery: Run<[string], Edit> = async ({ words: [id], options }, config) => {
  const { to, cc, subject, body } = options;
  if (to.length + cc.length === 0 && subject === undefined && !body) {
    throw new UsageError('say what is to be changed: --to, --cc, --subject or --body');
  }
  if (body && process.stdin.isTTY) throw new UsageError('--body: the new text comes from standard input');
  const written = body ? await text(process.stdin) : undefined;
  return await withApi(config, async (api) => {
    const held = await api.call(approvalRoutes.getApproval, { params: { id } });
    if (!held.ok) return unknownDelivery(held, id);
    const digest = held.body.content?.digest;
    if (digest === undefined) {
      console.error('tinyfat: its content is not stored any more, so there is nothing to change.');
      return 1;
    }
    const edited = await api.call(approvalRoutes.editDelivery, {
      params: { id },
      body: {
        digest,
        subject,
        body: written,
        to: to.length === 0 ? undefined : to,
        cc: cc.length === 0 ? undefined : cc,
      },
    });
    if (!edited.ok) return refused(edited);
    const people = edited.body.recipients.map(({ address }) => address).join(', ');
    console.log(
      printable(`Changed. It waits for your approval, to be sent to ${people}: tinyfat outbox approve ${id}`),
    );
    return 0;
  });
};

function unknownDelivery(failure: Failed, id: string): number {
  return notFound(failure, `there is no delivery ${id}; tinyfat outbox list shows them.`);
}
