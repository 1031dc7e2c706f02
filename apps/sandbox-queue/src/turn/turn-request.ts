/** What a turn is given: the mail, the agent as it sees itself, the model, the money. */
import { canonicalAddress, safeFileNames, storedEgress, type TurnRequest } from '@tinyfat/core';
import type { Run } from '@tinyfat/database';
import type { MailContent } from '@tinyfat/mail';
import type { NamedModel } from '@tinyfat/settings';
import { agentAddress, type ConsumerDeps, type Work } from '../consumer.ts';
import { incomingMail } from '../mails/incoming.ts';
import type { OpenFolder } from './folder.ts';
import type { OpenSpending } from './spending.ts';

/** The request to the runner for the next attempt of a run. */
export function turnRequest(
  deps: ConsumerDeps,
  work: Work,
  turn: {
    run: Run;
    task: TurnRequest['input']['task'];
    content: MailContent;
    model: NamedModel;
    sessionId: string;
    upstream: TurnRequest['upstream'];
    spending: OpenSpending;
    folder: OpenFolder;
  },
): TurnRequest {
  const { agent, mail } = work;
  const incoming = incomingMail(mail);
  const { content } = turn;
  const own = canonicalAddress(agentAddress(deps, agent));
  /** The agent sees its own address only: the tag of a secret address would be worth something to others. */
  const withoutTag = (mailbox: { address: string; name: string }) => {
    const address = canonicalAddress(mailbox.address);
    const isOwn = own.ok && address.ok && address.base === own.base;
    return isOwn ? { ...mailbox, address: own.address } : mailbox;
  };
  const names = safeFileNames(content.attachments);
  return {
    agentId: agent.id,
    upstream: turn.upstream,
    spending: turn.spending,
    egress: storedEgress(agent.egress),
    mostFolderBytes: turn.folder.mostBytes,
    input: {
      version: 1,
      run_id: turn.run.id,
      attempt: turn.run.attempt,
      agent: { id: agent.id, name: agent.name, address: agentAddress(deps, agent), owner: agent.owner },
      session: { id: turn.sessionId },
      model: {
        id: turn.model.id,
        ...(turn.spending.maxTokens === null ? {} : { max_tokens: turn.spending.maxTokens }),
      },
      task: turn.task,
      email: {
        message_id: incoming.messageId,
        in_reply_to: incoming.inReplyTo,
        references: [...incoming.references],
        from: { address: incoming.sender, name: incoming.senderName },
        authentication: mail.authentication,
        to: content.to.map(withoutTag),
        cc: content.cc.map(withoutTag),
        subject: mail.subject,
        date: content.date,
        text: content.text,
        quoted: content.quoted,
        forwarded: content.forwarded,
        hidden_text: content.hiddenText,
        ...(turn.run.edited_text === null ? {} : { text_by: 'owner' as const }),
      },
      ...(turn.folder.nearlyFull
        ? { folder: { holds: turn.folder.holds ?? 0, quota: deps.folderQuotaBytes } }
        : {}),
      limits: deps.limits,
    },
    attachments: content.attachments.map((attachment, index) => ({
      filename: names[index] ?? `attachment-${index + 1}`,
      contentType: attachment.contentType,
      detectedType: attachment.detectedType,
      marks: attachment.marks,
      contentId: attachment.contentId,
      inline: attachment.disposition === 'inline',
      content: attachment.content,
    })),
  };
}
