/**
 * Rejecting a mail that awaits approval. A note becomes a mail of the owner to the agent, whose turn writes the rejected one
 * anew: it waits in line like any other mail, and ends in a state of its own.
 */
import { newMessageId, splitFooter } from '@tinyfat/core';
import {
  type Agent,
  answeredMail,
  type Decision,
  type Delivery,
  type OfAgent,
  rejectDelivery,
  transact,
} from '@tinyfat/database';
import { noteRow } from '@tinyfat/intake';
import type { ComposedContent } from '@tinyfat/mail';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { outgoingContent } from './outgoing-mail.ts';
import { isAgents } from './show-approval.ts';

/** Characters of the rejected mail that the note quotes; the agent has the rest in its session. */
const MOST_QUOTED = 20_000;

/** Ends it unsent; false where it is another one by now, or was decided. */
export async function rejectPlainly(
  { db }: Pick<ApiDeps, 'db'>,
  row: OfAgent<Delivery>,
  decision: Decision,
): Promise<boolean> {
  return await transact(db, [], (tx) => rejectDelivery(tx, row, { ...decision, note: null }));
}

/** The same with a note; `false` as well where somebody else was faster. */
export async function rejectWithNote(
  deps: Pick<ApiDeps, 'db' | 'rawMail' | 'composer' | 'mails' | 'makeId' | 'mailDomain'>,
  about: { row: OfAgent<Delivery>; agent: Agent; raw: Uint8Array },
  { note, ...decision }: Decision & { note: string },
): Promise<boolean | Refusal> {
  const { row, agent } = about;
  if (!isAgents(row)) return refuse('conflict', 'The agent did not write it, so it can not write it anew.');
  if (agent.deleted_at !== null)
    return refuse('conflict', 'The agent is deleted, so nobody can write it anew.');
  const mail = await answeredMail(deps.db, row.mail_id);
  if (!mail) throw new Error(`the delivery ${row.id} has no mail`);
  const read = await outgoingContent(deps, about.raw);
  if (!read.ok) return read;
  const id = deps.makeId();
  const messageId = newMessageId(id, deps.mailDomain);
  const agentAddress = `${agent.name}@${deps.mailDomain}`;
  const subject = `Write it anew: ${row.subject}`.slice(0, 900);
  const composed = await deps.composer.compose({
    messageId,
    from: { address: agent.owner, name: '' },
    to: [{ address: agentAddress, name: agent.name }],
    cc: [],
    replyTo: null,
    subject,
    date: decision.at,
    inReplyTo: row.message_id,
    references: [row.message_id],
    body: noteText(read.content, note),
    footer: null,
    autoSubmitted: 'auto-generated',
    attachments: [],
  });
  if (!composed.ok) return refuse('conflict', `The note could not be written down: ${composed.reason}`);
  await deps.rawMail.put(id, composed.raw);
  const entry = noteRow({
    ...{ id, agent, agentAddress, messageId, subject },
    at: decision.at,
    delivery: row,
    thread: mail,
    rawKey: id,
    rawBytes: composed.raw.length,
  });
  const written = await deps.mails.enqueueNote(entry, note, (tx) =>
    rejectDelivery(tx, row, { ...decision, note }),
  );
  if (!written) await deps.rawMail.remove(id);
  return written;
}

/** What the agent reads: whose note it is, what becomes of its answer, and the mail that it wrote. */
function noteText(rejected: ComposedContent, note: string): string {
  const people = [...rejected.to, ...rejected.cc].map(({ address }) => address).join(', ');
  const { body } = splitFooter(rejected.text);
  const quoted = body.length > MOST_QUOTED ? `${body.slice(0, MOST_QUOTED)}\n[cut]` : body;
  return [
    `You wrote a mail to ${people} with the subject "${rejected.subject}". I rejected it, and it was not sent.`,
    'Write it anew, whole. What you answer to this note is sent to the same people in its place, so answer with the text of the new mail alone, and put no other mail to them into the outbox.',
    `My note on it:\n\n${note}`,
    `The rejected mail:\n\n${quoted
      .split('\n')
      .map((line) => `> ${line}`)
      .join('\n')}`,
  ].join('\n\n');
}
