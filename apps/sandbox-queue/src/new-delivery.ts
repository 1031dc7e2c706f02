/** A delivery before anything is known of its mail. */
import { newMessageId } from '@tinyfat/core';
import type { NewDelivery } from '@tinyfat/database';
import { agentAddress, type ConsumerDeps, type Work } from './consumer.ts';

/** The row of a file of outbox/email (null: of several) in state `failed`, until it is read, checked and composed. */
export function newDelivery(
  deps: Pick<ConsumerDeps, 'clock' | 'makeId' | 'mailDomain'>,
  work: Pick<Work, 'agent' | 'mail'>,
  { runId, file }: { runId: string; file: string | null },
): NewDelivery {
  const id = deps.makeId();
  return {
    id,
    agent_id: work.agent.id,
    mail_id: work.mail.id,
    run_id: runId,
    kind: 'mail',
    source_file: file,
    source_sha256: null,
    envelope_sender: agentAddress(deps, work.agent),
    recipients: '[]',
    subject: '',
    message_id: newMessageId(id, deps.mailDomain),
    raw_key: '',
    state: 'failed',
    attempts: 0,
    next_attempt_at: deps.clock(),
    created_at: deps.clock(),
    filed: 0,
  };
}
