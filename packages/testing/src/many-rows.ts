/** Tables as they are after years: filled by a few statements, for tests and measurements of what old rows cost. */
import { type Database, isPostgres } from '@tinyfat/database';
import { type RawBuilder, sql } from 'kysely';

export interface ManyRows {
  /** Mails, and as many jobs, runs, deliveries, webhook events, notices of limits, and rows about signing in. */
  rows: number;
  /** Rows that are due, besides, in each table but runs; each agent has one before another has two. */
  waiting?: number;
  agents: number;
  /** The owner of the agent with this number, from 0; SQL over the column `n`. */
  owner?: RawBuilder<unknown>;
  /** The number of the agent that the mail with number `n`, from 1, went to. */
  agent?: RawBuilder<unknown>;
  /** When the last mail came, epoch ms, and how much earlier each one before it; ten minutes if not given. */
  until?: number;
  everyMs?: number;
}

/** One in so many old rows has a state that few rows have. */
const RARE = 500;

/** Id and name of the agent with this number. */
export const agentId = (number: number) => `agent-${FIRST + number}`;
/** What numbers in ids begin with, so that they are in order as text. */
const FIRST = 10_000_000;

/** Adds the rows to an empty database, and has the engine count them, as it does from time to time. */
export async function addManyRows(db: Database, many: ManyRows): Promise<void> {
  const { rows, waiting = 0, agents, until = Date.now(), everyMs = 600_000 } = many;
  const owner = many.owner ?? sql`'owner-' || n || '@example.com'`;
  const number = many.agent ?? sql`n % ${sql.lit(agents)}`;
  const all = rows + waiting;
  const agent = sql`'agent-' || (${sql.lit(FIRST)} + (case when n > ${sql.lit(rows)}
    then (n - ${sql.lit(rows)} - 1) % ${sql.lit(agents)} else ${number} end))`;
  const id = sql`'row-' || (${sql.lit(FIRST)} + n)`;
  const at = sql`${sql.lit(until)} - cast(${sql.lit(all)} - n as bigint) * ${sql.lit(everyMs)}`;
  const isOld = sql`n <= ${sql.lit(rows)}`;
  const isRare = sql`n % ${sql.lit(RARE)} = 0`;
  const each = (count: number, table: string, columns: Readonly<Record<string, RawBuilder<unknown>>>) =>
    sql`insert into ${sql.table(table)} (${sql.join(Object.keys(columns).map((name) => sql.ref(name)))})
      with recursive series (n) as (select 1 union all select n + 1 from series where n < ${sql.lit(count)})
      select ${sql.join(Object.values(columns))} from series
      where ${sql.lit(count)} > 0`.execute(db);
  const text = (value: string) => sql.lit(value);
  const zero = sql`0`;

  await sql`insert into agents (id, name, owner, created_at)
    with recursive series (n) as (select 0 union all select n + 1 from series where n < ${sql.lit(agents - 1)})
    select 'agent-' || (${sql.lit(FIRST)} + n), 'agent-' || (${sql.lit(FIRST)} + n), ${owner}, n from series`.execute(
    db,
  );
  await each(all, 'mails', {
    id,
    agent_id: agent,
    received_at: at,
    via: text('smtp'),
    envelope_sender: text('ann@example.com'),
    envelope_recipient: text('scout@agents.test'),
    raw_key: id,
    raw_bytes: sql`1000`,
    sender: text('ann@example.com'),
    sender_base: text('ann@example.com'),
    sender_name: text('Ann'),
    message_id: sql`'<' || n || '@example.com>'`,
    thread_references: text(''),
    thread: sql`'<' || n || '@example.com>'`,
    subject: text('Hello'),
    verdict: sql`case when ${isOld} and n % 20 = 1 then 'refused' else 'accepted' end`,
    reason_code: text('accepted'),
    reason: text(''),
    evidence: text('{}'.padEnd(600)),
    authentication: text(''),
    state: sql`case when n > ${sql.lit(rows)} then 'queued' when n % 20 = 1 then 'refused'
      when ${isRare} then 'failed' else 'replied' end`,
    state_reason: text(''),
    webhook_event: id,
  });
  // As `search/documents.ts` of the database writes them, with the marks of their agent and kind.
  await each(all, 'search_documents', {
    seq: sql`(${at}) * 1024 + n % 1024`,
    kind: text('mail'),
    source_id: id,
    agent_id: agent,
    at,
    sender: text('Ann <ann@example.com>'),
    people: text('[]'),
    subject: text('Hello'),
    body: text('A short text, as many of them are.'),
    words: sql`'\uE000a' || replace(${agent}, '-', '') || ${text(' \uE000kmail \uE000fann hello ann short text ')} || 'w' || n`,
  });
  await each(all, 'jobs', {
    id,
    agent_id: agent,
    mail_id: id,
    state: sql`case when ${isOld} then 'done' else 'ready' end`,
    run_at: at,
    attempts: zero,
    max_attempts: sql`3`,
    fence: zero,
    created_at: at,
  });
  await each(rows, 'runs', {
    id,
    job_id: id,
    agent_id: agent,
    mail_id: id,
    kind: text('turn'),
    attempt: sql`1`,
    status: sql`case when ${isRare} then 'failed' else 'done' end`,
    session_id: sql`'session-' || (n / 50)`,
    model: text('haiku'),
    input_tokens: sql`100`,
    output_tokens: sql`100`,
    cache_read_tokens: zero,
    cache_write_tokens: zero,
    cost_usd: sql`0.01`,
    llm_requests: sql`1`,
    started_at: at,
    finished_at: at,
    error_code: sql`case when ${isRare} then 'llm_billing' end`,
  });
  const stateOf = (old: RawBuilder<unknown>, waiting: string) =>
    sql`case when ${isOld} then ${old} else ${text(waiting)} end`;
  await each(all, 'deliveries', {
    id,
    agent_id: agent,
    mail_id: id,
    run_id: sql`'row-' || (${sql.lit(FIRST)} + 1 + (n - 1) % ${sql.lit(rows)})`,
    kind: sql`case when ${isRare} then 'error' else 'reply' end`,
    envelope_sender: text('scout@agents.test'),
    recipients: text('["ann@example.com"]'),
    subject: text('Re: Hello'),
    message_id: sql`'<' || n || '@agents.test>'`,
    raw_key: sql`'out-' || n`,
    state: stateOf(sql`case when ${isRare} then 'failed' else 'sent' end`, 'pending'),
    attempts: sql`1`,
    next_attempt_at: at,
    provider: text('resend'),
    provider_id: id,
    created_at: at,
    filed: sql`1`,
  });
  await each(all, 'webhook_events', {
    id,
    provider: text('resend'),
    event_id: id,
    kind: text('received'),
    provider_mail_id: id,
    payload: text('{}'),
    state: stateOf(text('done'), 'pending'),
    attempts: sql`1`,
    next_attempt_at: at,
    created_at: at,
  });
  await each(all, 'limit_notices', {
    agent_id: agent,
    role: text('sender'),
    recipient: id,
    id,
    mail_id: id,
    limit_code: text('sender_limit'),
    // Some were never sent, and are too old to be.
    state: stateOf(sql`case when n % 4 = 0 then 'pending' else 'sent' end`, 'pending'),
    attempts: sql`1`,
    next_attempt_at: at,
    created_at: at,
  });
  await each(all, 'approval_records', {
    delivery_id: id,
    action: text('approved'),
    by_address: text('one@example.com'),
    via: text('session'),
    at,
    raw_key: sql`case when n % 8 = 0 then 'replaced-' || n end`,
  });
  await each(all, 'approval_notices', {
    delivery_id: id,
    agent_id: agent,
    state: stateOf(text('sent'), 'pending'),
    attempts: sql`1`,
    next_attempt_at: at,
    fence: zero,
    scheduled_at: at,
    created_at: at,
  });
  await each(all, 'sign_in_requests', {
    address: id,
    id,
    link_sha256: id,
    browser_sha256: id,
    tries: zero,
    mail_state: stateOf(text('sent'), 'pending'),
    mail_attempts: zero,
    mail_next_at: at,
    created_at: at,
    expires_at: sql`${sql.lit(until + everyMs)}`,
  });
  await each(all, 'sign_in_attempts', { kind: text('code_network'), subject: id, at });
  await (isPostgres(db) ? sql`vacuum analyze` : sql`analyze`).execute(db);
}
