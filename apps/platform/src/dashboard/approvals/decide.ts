/** What the buttons of a mail that awaits approval do. */
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { approveDelivery, editDelivery, getApproval, rejectDelivery } from '../../api/routes/approvals.ts';
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
  const done = async (
    outcome: Outcome<unknown>,
    word: keyof typeof AS_RECORDED,
    note: string | null = null,
  ) =>
    outcome.ok || (outcome.code === 'conflict' && (await isDecidedSo(ask, id, word, note)))
      ? ({ ok: true, done: word } as const)
      : outcome;
  switch (fields.get('does')) {
    case 'approve':
      return await done(await ask(approveDelivery, { params, body: { digest } }), 'approve');
    case 'reject':
      return await done(await ask(rejectDelivery, { params, body: { digest } }), 'reject');
    case 'rewrite': {
      const note = lines(fields.get('note') ?? '').trim();
      if (note === '') return refuse('invalid_request', 'The note is empty: say what is to be different.');
      return await done(await ask(rejectDelivery, { params, body: { digest, note } }), 'rewrite', note);
    }
    default:
      return refuse('invalid_request', 'The form names nothing that can be done here.');
  }
}

const AS_RECORDED = { approve: 'approved', reject: 'rejected', rewrite: 'rejected_with_note' } as const;

/** Whether that was the last thing that was decided: a form that is sent twice did what it says. */
async function isDecidedSo(
  ask: Ask,
  id: string,
  word: keyof typeof AS_RECORDED,
  note: string | null,
): Promise<boolean> {
  const now = await ask(getApproval, { params: { id } });
  const [last] = now.ok ? now.body.record : [];
  return last !== undefined && last.action === AS_RECORDED[word] && last.note === note;
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
  const saved = await ask(editDelivery, {
    params: { id },
    body: { digest, subject, body, to: people(fields.to), cc: people(fields.cc) },
  });
  if (saved.ok || saved.code !== 'approval_void') return saved;
  const now = await ask(getApproval, { params: { id } });
  // The form was sent twice: it is as it is to be.
  return now.ok && sameText(editFields(now.body), fields) ? now : saved;
}

function sameText(one: EditFields, other: EditFields): boolean {
  const names = ['to', 'cc', 'subject', 'body'] as const;
  return names.every((name) => one[name].trim() === other[name].trim());
}

/** Browsers send the lines of a field with CRLF (HTML standard, "constructing the entry list"). */
function lines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
