/**
 * Editing a mail that awaits approval: the host composes it anew, by the rules for all mail of agents. Headers, envelope,
 * thread, files and footer are the host's; an edit has recipients, subject and text.
 */
import {
  approvalDigest,
  type Mailbox,
  parseOutboxMail,
  secretReplyTo,
  splitFooter,
  storedOutbound,
  whyHeld,
} from '@tinyfat/core';
import {
  type Agent,
  allowList,
  answeredMail,
  type Decision,
  type Delivery,
  editDelivery,
  type Mail,
  type OfAgent,
  suppressedAmong,
} from '@tinyfat/database';
import type { ComposedContent } from '@tinyfat/mail';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { outgoingContent } from './outgoing-mail.ts';

/** What is changed; what is left out stays. */
export interface MailEdit {
  to?: string[] | undefined;
  cc?: string[] | undefined;
  subject?: string | undefined;
  body?: string | undefined;
}

type EditDeps = Pick<ApiDeps, 'db' | 'rawMail' | 'composer' | 'makeId' | 'clock' | 'mailDomain'>;

/** Puts the edited mail in the place of the old one; false where that is another one by now, or was decided. */
export async function editMail(
  deps: EditDeps,
  about: { row: OfAgent<Delivery>; agent: Agent; raw: Uint8Array },
  edit: MailEdit,
  decision: Omit<Decision, 'digest'>,
): Promise<boolean | Refusal> {
  const { row, agent } = about;
  const read = await outgoingContent(deps, about.raw);
  if (!read.ok) return read;
  const old = read.content;
  const mail = await answeredMail(deps.db, row.mail_id);
  const checked = checkEdit(edit, old, row.kind === 'reply' && mail?.rewrites === null ? mail.sender : null);
  if (!checked.ok) return checked;
  const { to, cc, subject, body } = checked;
  const recipients = [...to, ...cc].map(({ address }) => address);
  const from = {
    address: `${agent.name}@${deps.mailDomain}`,
    name: agent.display_name || agent.name,
  };
  const { footer } = splitFooter(old.text);
  const { inReplyTo, references, autoSubmitted, attachments } = old;
  const composed = await deps.composer.compose({
    ...{ from, to, cc, subject, body, footer, inReplyTo, references, autoSubmitted },
    messageId: row.message_id,
    replyTo: replyToOf(mail, from, recipients),
    date: deps.clock(),
    attachments,
  });
  if (!composed.ok) return refuse('invalid_request', `The mail can not be composed: ${composed.reason}`);
  const rawKey = deps.makeId();
  await deps.rawMail.put(rawKey, composed.raw);
  const after = {
    raw_key: rawKey,
    recipients: JSON.stringify(recipients),
    subject,
    text: body,
    ...(await heldFor(deps, { agent, mail, recipients })),
  };
  const { id: deliveryId, envelope_sender: envelopeSender } = row;
  const digest = await approvalDigest({ deliveryId, envelopeSender, recipients, raw: composed.raw });
  const written = await editDelivery(deps.db, row, after, { ...decision, digest });
  if (!written) await deps.rawMail.remove(rawKey);
  return written;
}

/** The edited mail by the rules of an outbox; `answered` is whom it has to go to, null for nobody in particular. */
function checkEdit(
  edit: MailEdit,
  old: ComposedContent,
  answered: string | null,
): { ok: true; to: Mailbox[]; cc: Mailbox[]; subject: string; body: string } | Refusal {
  const parsed = parseOutboxMail(
    JSON.stringify({
      to: edit.to ?? old.to,
      cc: edit.cc ?? old.cc,
      subject: edit.subject ?? old.subject,
      body: edit.body ?? splitFooter(old.text).body,
    }),
  );
  if (!parsed.ok) return refuse('invalid_request', parsed.reason);
  const { to, cc, subject, body } = parsed.mail;
  if (to === null) return refuse('invalid_request', '"to" is empty. Name somebody, or reject the mail.');
  const all = { to, cc: cc ?? [] };
  if (answered !== null && ![...all.to, ...all.cc].some(({ address }) => address === answered)) {
    const reason = `The mail answers ${answered}, so it has to go to them; or reject it.`;
    return refuse('invalid_request', reason);
  }
  return { ok: true, ...all, subject: subject ?? '(no subject)', body };
}

/** Why it awaits approval: its recipients, or else that it was edited. */
async function heldFor(
  { db }: EditDeps,
  { agent, mail, recipients }: { agent: Agent; mail: Mail | undefined; recipients: readonly string[] },
): Promise<Pick<Delivery, 'reason_code' | 'reason'>> {
  const people = {
    policy: storedOutbound(agent.outbound),
    recipients,
    sender: mail?.sender ?? '',
    owner: agent.owner,
    allowList: await allowList(db, agent.id),
  };
  const held = whyHeld(people, await suppressedAmong(db, agent.id, recipients));
  return held === null
    ? { reason_code: 'owner_edited', reason: null }
    : { reason_code: held.code, reason: held.reason };
}

function replyToOf(mail: Mail | undefined, from: Mailbox, recipients: readonly string[]): Mailbox | null {
  if (!mail) return null;
  const came = {
    bySecretAddress: mail.secret_address !== null,
    envelopeRecipient: mail.envelope_recipient,
    sender: mail.sender,
  };
  return secretReplyTo(came, from, recipients);
}
