/** A run as the API shows it. */
import type { RunOfMail } from '@tinyfat/database';
import { isoTime, isoTimeOrNull } from '../fields.ts';

/** What listings give, and the event `run` of a stream. */
export function shownRun(run: RunOfMail) {
  return {
    id: run.id,
    agent: run.agent,
    mail: run.mail_id,
    subject: run.subject,
    sender: run.sender,
    kind: run.kind,
    command: run.command,
    attempt: run.attempt,
    status: run.status,
    session: run.session_id,
    model: run.model,
    input_tokens: run.input_tokens,
    output_tokens: run.output_tokens,
    cache_read_tokens: run.cache_read_tokens,
    cache_write_tokens: run.cache_write_tokens,
    cost_usd: run.cost_usd,
    context_tokens: run.context_tokens,
    context_window: run.context_window,
    llm_requests: run.llm_requests,
    started_at: isoTime(run.started_at),
    finished_at: isoTimeOrNull(run.finished_at),
    error_code: run.error_code,
    error: run.error,
    stop_asked_at: isoTimeOrNull(run.stop_asked_at),
    stop_asked_by: run.stop_asked_by,
    again_of: run.again_of,
    edited: run.edited_text !== null,
  };
}
