/** What the buttons of a mail that awaits approval do. */
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { approveDelivery, editDelivery, rejectDelivery } from '../../api/routes/approvals.ts';
import type { Approval } from './approval.ts';

/** Bytes of a form with a note, which may be encoded as nine for each character. */
export const NOTE_FORM_BYTES = 40_000;
/** Bytes of a form with a whole mail. */
export const EDIT_FORM_BYTES = 3_200_000;

/** What was done, by the word in the URL of the page after it. */
export const DONE: Readonly<Record<string, string>> = {
  approve: 'Approved: the mail is being sent.',
  reject: 'Rejected: the mail is not sent.',
  rewrite: 'Rejected: the agent writes it anew by your note.',
  edit: 'Your changes are saved. The mail still waits: approve it when it reads well.',
};

/** Does what the form asks for; `done` is the word for the next page. */
export async function decide(
  ask: Ask,
  id: string,
  fields: URLSearchParams,
): Promise<{ ok: true; done: string } | Refusal> {
  const params = { id };
  const digest = fields.get('digest') ?? '';
  const done = (outcome: Outcome<unknown>, word: string) =>
    outcome.ok ? ({ ok: true, done: word } as const) : outcome;
  switch (fields.get('does')) {
    case 'approve':
      return done(await ask(approveDelivery, { params, body: { digest } }), 'approve');
    case 'reject':
      return done(await ask(rejectDelivery, { params, body: { digest } }), 'reject');
    case 'rewrite': {
      const note = lines(fields.get('note') ?? '').trim();
      if (note === '') return refuse('invalid_request', 'The note is empty: say what is to be different.');
      return done(await ask(rejectDelivery, { params, body: { digest, note } }), 'rewrite');
    }
    default:
      return refuse('invalid_request', 'The form names nothing that can be done here.');
  }
}

/** What stands in the fields of an edit. */
export interface EditFields {
  digest: string;
  to: string;
  cc: string;
  subject: string;
  body: string;
}

/** The fields before anything is typed. */
export function editFields(mail: Approval): EditFields {
  const people = (header: 'to' | 'cc') =>
    mail.recipients
      .filter((one) => one.header === header)
      .map(({ address, name }) => (name === '' ? address : `${name} <${address}>`))
      .join('\n');
  return {
    digest: mail.content?.digest ?? '',
    to: people('to'),
    cc: people('cc'),
    subject: mail.subject,
    body: mail.content?.body ?? '',
  };
}

/** The fields as they were typed. */
export function typedFields(form: URLSearchParams): EditFields {
  const field = (name: string) => form.get(name) ?? '';
  return {
    digest: field('digest'),
    to: lines(field('to')),
    cc: lines(field('cc')),
    subject: field('subject'),
    body: lines(field('body')),
  };
}

/** Saves an edit. */
export async function saveEdit(ask: Ask, id: string, fields: EditFields): Promise<Outcome<unknown>> {
  const { digest, subject, body } = fields;
  const people = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  return await ask(editDelivery, {
    params: { id },
    body: { digest, subject, body, to: people(fields.to), cc: people(fields.cc) },
  });
}

/** Browsers send the lines of a field with CRLF (HTML standard, "constructing the entry list"). */
function lines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
