/** Mail that the host itself writes: answers to commands, and error mails. Composed and stored, not yet recorded. */
import { newMessageId, replyTo } from '@tinyfat/core';
import type { NewDelivery } from '@tinyfat/database';
import type { Letter } from '@tinyfat/mail';
import { agentMailbox, type ConsumerPorts, type Work } from './consumer.ts';
import { firstState } from './first-state.ts';
import { incomingMail, secretReplyTo } from './incoming-mail.ts';

/**
 * Composes a reply to the sender of the mail in hand, and to nobody else; it awaits approval where they are suppressed. Throws when
 * even that can't be composed.
 */
export async function hostMail(
  ports: Pick<ConsumerPorts, 'db' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain'>,
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; kind: 'command' | 'error'; letter: Letter; footer: string },
): Promise<NewDelivery> {
  return await compose(ports, work, mail, replyTo(incomingMail(work.mail)), 'auto-replied');
}

/** Composes a mail to the owner of the agent, in a thread of its own. Throws when even that can't be composed. */
export async function ownerMail(
  ports: Parameters<typeof hostMail>[0],
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; subject: string; letter: Letter; footer: string },
): Promise<NewDelivery> {
  const to = [{ address: work.agent.owner, name: '' }];
  const address = { to, subject: mail.subject, inReplyTo: null, references: [] };
  return await compose(ports, work, { ...mail, kind: 'error' }, address, 'auto-generated');
}

async function compose(
  ports: Parameters<typeof hostMail>[0],
  work: Pick<Work, 'agent' | 'mail'>,
  mail: Parameters<typeof hostMail>[2],
  address: Pick<ReturnType<typeof replyTo>, 'to' | 'subject' | 'inReplyTo' | 'references'>,
  autoSubmitted: 'auto-replied' | 'auto-generated',
): Promise<NewDelivery> {
  const recipients = address.to.map((to) => to.address);
  const id = ports.makeId();
  const messageId = newMessageId(id, ports.mailDomain);
  const from = agentMailbox(ports, work.agent);
  const composed = await ports.workers.compose({
    messageId,
    from,
    to: address.to,
    cc: [],
    replyTo: secretReplyTo(ports, work, recipients),
    subject: address.subject,
    date: ports.clock(),
    inReplyTo: address.inReplyTo,
    references: address.references,
    body: mail.letter,
    footer: mail.footer,
    autoSubmitted,
    attachments: [],
  });
  if (!composed.ok) throw new Error(`a mail of our own could not be composed: ${composed.reason}`);
  await ports.rawMail.put(id, composed.raw);
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
    ...(await firstState(ports, work, recipients)),
    attempts: 0,
    next_attempt_at: ports.clock(),
    created_at: ports.clock(),
    filed: 1,
  };
}
