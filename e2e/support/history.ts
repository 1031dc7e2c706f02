/** Four weeks of mail that were answered before the server started: pages that look back have something to show. */
import { randomBytes } from 'node:crypto';
import { newId } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';

const DAY_MS = 86_400_000;
const DAYS = 28;

/** Who wrote to which agent about what, again and again. */
const LETTERS = [
  {
    agent: 'scout',
    sender: 'mira@harbour.example',
    name: 'Mira Holm',
    subject: 'What changed in the port rules?',
  },
  {
    agent: 'billing',
    sender: 'lars@harbour.example',
    name: 'Lars Winther',
    subject: 'Invoices of this week',
  },
  { agent: 'billing', sender: 'mira@harbour.example', name: 'Mira Holm', subject: 'Open reminders' },
  { agent: 'concierge', sender: 'ida@harbour.example', name: 'Ida Falk', subject: 'Visitors on Thursday' },
] as const;
const MODELS = ['claude-haiku-4-5', 'claude-sonnet-5'] as const;

/** Adds it to the database of an installation, which may run. */
export async function addHistory(db: Database): Promise<void> {
  const agents = await db.selectFrom('agents').select(['id', 'name']).execute();
  const idOf = new Map(agents.map(({ id, name }) => [name, id]));
  const today = Date.now();
  for (let day = 1; day <= DAYS; day += 1) {
    // The same numbers in every run: more on some days than on others, little at the weekend.
    const weekday = new Date(today - day * DAY_MS).getUTCDay();
    const count = weekday === 0 || weekday === 6 ? 1 : 2 + ((day * 7) % 4);
    for (let number = 0; number < count; number += 1) {
      const letter = LETTERS[(day + number) % LETTERS.length] ?? LETTERS[0];
      const agentId = idOf.get(letter.agent);
      if (agentId === undefined) throw new Error(`there is no agent ${letter.agent}`);
      const at = today - day * DAY_MS + number * 1_800_000;
      await addTurn(db, { ...letter, agentId, at, size: 1 + ((day * 13 + number * 5) % 7) });
    }
  }
}

interface Turn {
  agentId: string;
  sender: string;
  name: string;
  subject: string;
  /** Epoch ms. */
  at: number;
  /** How much work it was, from 1 to 7. */
  size: number;
}

async function addTurn(db: Database, { agentId, sender, name, subject, at, size }: Turn): Promise<void> {
  const id = newId(() => at, randomBytes);
  const messageId = `<${id}@harbour.example>`;
  await db
    .insertInto('mails')
    .values({
      id,
      agent_id: agentId,
      received_at: at,
      via: 'smtp',
      client_address: '127.0.0.1',
      envelope_sender: sender,
      envelope_recipient: 'agent@agents.harbour.example',
      raw_key: id,
      raw_bytes: 2400 * size,
      sender,
      sender_base: sender,
      sender_name: name,
      message_id: messageId,
      in_reply_to: null,
      thread_references: '',
      thread: messageId,
      others: '[]',
      signature: null,
      secret_address: null,
      subject,
      sent_at: at,
      verdict: 'accepted',
      reason_code: 'accepted',
      reason: '',
      evidence: '{}',
      authentication: '',
      state: 'replied',
      state_reason: '',
      webhook_event: null,
      raw_removed_at: at + DAY_MS,
    })
    .execute();
  await db
    .insertInto('jobs')
    .values({
      id,
      agent_id: agentId,
      mail_id: id,
      state: 'done',
      run_at: at,
      attempts: 1,
      max_attempts: 3,
      fence: 0,
      last_error: null,
      created_at: at,
      finished_at: at + 20_000,
    })
    .execute();
  await db
    .insertInto('runs')
    .values({
      id,
      job_id: id,
      agent_id: agentId,
      mail_id: id,
      kind: 'turn',
      command: null,
      attempt: 1,
      status: 'done',
      session_id: null,
      model: MODELS[size % MODELS.length] ?? null,
      input_tokens: 900 * size,
      output_tokens: 240 * size,
      cache_read_tokens: 9000 * size,
      cache_write_tokens: 700 * size,
      cost_usd: 0.021 * size * size,
      context_tokens: 12_000,
      context_window: 200_000,
      llm_requests: size,
      started_at: at + 500,
      first_request_at: at + 600,
      last_response_at: at + 3000 * size,
      finished_at: at + 3200 * size,
      error_code: null,
      error: null,
    })
    .execute();
}
