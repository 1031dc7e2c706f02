/** Mail that the host itself writes: answers to commands, and error mails. Composed and stored; its row is not written yet. */
import { replyTo } from '@tinyfat/core';
import type { WrittenDelivery } from '@tinyfat/database';
import { type Letter, letterText } from '@tinyfat/mail';
import { agentMailbox, type ConsumerDeps, type Work } from '../consumer.ts';
import { incomingMail, replyToOf } from './incoming.ts';
import { firstState, newDelivery } from './new-delivery.ts';

/** Composes a reply to the sender alone; it awaits approval where the sender is suppressed. Throws when it can't be composed. */
export async function hostMail(
  deps: Pick<ConsumerDeps, 'db' | 'rawMail' | 'workers' | 'clock' | 'makeId' | 'mailDomain'>,
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; kind: 'command' | 'error'; letter: Letter; footer: string },
): Promise<WrittenDelivery> {
  return await compose(deps, work, mail, replyTo(incomingMail(work.mail)), 'auto-replied');
}

/** Composes a mail to the owner of the agent, in a thread of its own. Throws when it can't be composed. */
export async function ownerMail(
  deps: Parameters<typeof hostMail>[0],
  work: Pick<Work, 'agent' | 'mail'>,
  mail: { runId: string; subject: string; letter: Letter; footer: string },
): Promise<WrittenDelivery> {
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
): Promise<WrittenDelivery> {
  const recipients = address.to.map((to) => to.address);
  const delivery = newDelivery(deps, work, { runId: mail.runId, file: null });
  const composed = await deps.workers.compose({
    messageId: delivery.message_id,
    from: agentMailbox(deps, work.agent),
    to: address.to,
    cc: [],
    replyTo: replyToOf(deps, work, recipients),
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
  await deps.rawMail.put(delivery.id, composed.raw);
  return {
    ...delivery,
    kind: mail.kind,
    recipients: JSON.stringify(recipients),
    subject: address.subject,
    text: letterText(mail.letter, null),
    raw_key: delivery.id,
    // The agent has no word in it, so its policy has none either.
    ...(await firstState(deps, work, recipients, 'known')),
    filed: 1,
  };
}
