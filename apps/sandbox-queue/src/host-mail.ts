/** Mail that the host itself writes: answers to commands, and error mails. Composed and stored, not yet recorded. */
import { newMessageId, replyTo } from '@tinyfat/core';
import type { NewDelivery } from '@tinyfat/database';
import type { Letter } from '@tinyfat/mail';
import { agentMailbox, type ConsumerDeps, type Work } from './consumer.ts';
import { firstState } from './first-state.ts';
import { incomingMail, secretReplyTo } from './incoming-mail.ts';

/**
 * Composes a reply to the sender of the mail in hand, and to nobody else; it awaits approval
 * where they are suppressed. Throws when
 * even that can't be composed.
 */
export async function hostMail(
  deps: Pick<ConsumerDeps, 'db' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain'>,
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; kind: 'command' | 'error'; letter: Letter; footer: string },
): Promise<NewDelivery> {
  return await compose(deps, work, mail, replyTo(incomingMail(work.mail)), 'auto-replied');
}

/** Composes a mail to the owner of the agent, in a thread of its own. Throws when even that can't be composed. */
export async function ownerMail(
  deps: Parameters<typeof hostMail>[0],
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; subject: string; letter: Letter; footer: string },
): Promise<NewDelivery> {
  const to = [{ address: work.agent.owner, name: '' }];
  const address = { to, subject: mail.subject, inReplyTo: null, references: [] };
  return await compose(deps, work, { ...mail, kind: 'error' }, address, 'auto-generated');
}

async function compose(
  deps: Parameters<typeof hostMail>[0],
  work: Pick<Work, 'agent' | 'mail'>,
  mail: Parameters<typeof hostMail>[2],
  address: Pick<ReturnType<typeof replyTo>, 'to' | 'subject' | 'inReplyTo' | 'references'>,
  autoSubmitted: 'auto-replied' | 'auto-generated',
): Promise<NewDelivery> {
  const recipients = address.to.map((to) => to.address);
  const id = deps.makeId();
  const messageId = newMessageId(id, deps.mailDomain);
  const from = agentMailbox(deps, work.agent);
  const composed = await deps.workers.compose({
    messageId,
    from,
    to: address.to,
    cc: [],
    replyTo: secretReplyTo(deps, work, recipients),
    subject: address.subject,
    date: deps.clock(),
    inReplyTo: address.inReplyTo,
    references: address.references,
    body: mail.letter,
    footer: mail.footer,
    autoSubmitted,
    attachments: [],
  });
  if (!composed.ok) throw new Error(`a mail of our own could not be composed: ${composed.reason}`);
  await deps.rawMail.put(id, composed.raw);
  return {
    id,
    agent_id: work.agent.id,
    mail_id: work.mail.id,
    run_id: mail.runId,
    kind: mail.kind,
    source_file: null,
    source_sha256: null,
    envelope_sender: from.address,
    recipients: JSON.stringify(recipients),
    subject: address.subject,
    message_id: messageId,
    raw_key: id,
    ...(await firstState(deps, work, recipients)),
    attempts: 0,
    next_attempt_at: deps.clock(),
    created_at: deps.clock(),
    filed: 1,
  };
}
