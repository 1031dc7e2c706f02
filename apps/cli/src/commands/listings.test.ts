/** Every listing on a terminal of 80 columns, with rows as they come: long, foreign, and meant to harm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { readConfig } from '@tinyfat/server/config';
import { openDataFolder } from '@tinyfat/server/data-folder';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWords } from '../command-line/run-words.ts';
import { columnsOf } from '../output/text.ts';

const AT = Date.UTC(2025, 0, 31, 23, 59, 58);
const STEERING = '\u001b[2J\u202eevil\u0007';
const LONG = 'A subject that goes on and on, far beyond what anybody has room for in a listing';
const id = (last: number) => `0194be5c-1f${String(last).padStart(2, '0')}-7000-8000-00000000000${last}`;

const LISTINGS = [
  'agent list',
  'allow list scout',
  'address list scout',
  'skill list scout',
  'budget show',
  'mails',
  'mails scout',
  'runs',
  'outbox list',
  'outbox suppressed',
  'webhooks',
  'account list',
  'key list',
  'token list',
];
const SHOWN = [`mails show ${id(3)}`, `run show ${id(5)}`];

describe('listings', () => {
  let dataDir: string;
  let printed: string[];
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-cli-'));
    const data = await openDataFolder({ dataDir, database: null });
    await fill(data.db);
    await data.folders.create(id(1), {});
    for (const skill of ['tea', `a-skill-with-a-name-${'of-some-length-'.repeat(5)}`]) {
      await data.folders.write(id(1), `skills/${skill}/SKILL.md`, '---\ndescription: x\n---\n');
    }
    await data.close();
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  beforeEach(() => {
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(...String(line).split('\n')));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const run = (line: string) =>
    runWords(line.split(' '), () => readConfig({ DATA_DIR: dataDir, ADMIN_EMAILS: 'ann@example.com' }));

  it.each([...LISTINGS, ...SHOWN])('fit 80 columns: tinyfat %s', async (line) => {
    vi.stubEnv('COLUMNS', '80');
    expect(await run(line)).toBe(0);
    expect(printed.filter((one) => columnsOf(one) > 80)).toEqual([]);
    expect(printed.join('')).toMatch(/^[^\p{Cc}\u202e]+$/u);
    expect(printed.join('\n').replaceAll(dataDir, 'DATA')).toMatchSnapshot();
  });

  it.each(LISTINGS)('say all of it as JSON with its types: tinyfat %s', async (line) => {
    expect(await run(`${line} --json`)).toBe(0);
    const rows: Record<string, unknown>[] = JSON.parse(printed.join('\n'));
    expect(rows.length).toBeGreaterThan(0);
    for (const [name, value] of rows.flatMap((row) => Object.entries(row))) {
      expect([name, value]).not.toEqual([name, '-']);
      // Neither JSON inside of text, nor a time in a form of ours.
      expect([name, String(value)]).not.toEqual([
        name,
        expect.stringMatching(/^[[{]".*|^\d{4}-\d\d-\d\d \d/),
      ]);
    }
    expect(rows).toMatchSnapshot();
  });

  it('show ids that the commands take, and say when one is too short', async () => {
    expect(await run('mails')).toBe(0);
    const short = printed[1]?.split(' ')[0] ?? '';
    expect(short).toHaveLength(13);
    printed = [];
    expect(await run(`mails show ${short} --json`)).toBe(0);
    expect(JSON.parse(printed.join('\n'))).toMatchObject({ id: id(4) });
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await run(`mails show ${short.slice(0, 8)}`)).toBe(1);
    expect(errors.mock.calls.join()).toContain('More than one id begins with');
    expect(await run(`mails show ${short.slice(0, 7)}`)).toBe(1);
    expect(errors.mock.calls.join()).toContain('there is no mail');
  });
});

async function fill(db: Database): Promise<void> {
  const agent = { owner: 'ann@example.com', deleted_at: null };
  await db
    .insertInto('agents')
    .values([
      { ...agent, id: id(1), name: 'scout', created_at: AT },
      {
        ...agent,
        id: id(2),
        name: 'an-agent-with-a-name-of-some-length',
        owner: 'somebody.with.a.long.name@department.of.something.example.com',
        created_at: AT + 1,
      },
    ])
    .execute();
  for (const entry of ['ann@example.com', '@*.team.example.org']) {
    await db
      .insertInto('allowed_senders')
      .values({ agent_id: id(1), entry, created_at: AT })
      .execute();
  }
  const mail = {
    agent_id: id(1),
    via: 'smtp',
    client_address: '192.0.2.7',
    envelope_sender: 'ann@example.com',
    envelope_recipient: 'scout@tinyfat.localhost',
    raw_key: 'raw',
    raw_bytes: 1234,
    sender: 'ann@example.com',
    sender_base: 'ann@example.com',
    sender_name: `Ann ${STEERING}`,
    in_reply_to: null,
    thread_references: '',
    others: '[]',
    signature: null,
    secret_address: null,
    sent_at: AT,
    evidence: '{"source":"trusted_client","authserv":null,"spf":null,"dkim":[],"dmarc":null}',
    authentication: '',
    webhook_event: null,
  };
  await db
    .insertInto('mails')
    .values([
      {
        ...mail,
        id: id(3),
        received_at: AT,
        message_id: '<3@example.com>',
        thread: '<3@example.com>',
        subject: LONG,
        verdict: 'accepted',
        reason_code: 'accepted',
        reason: 'ann@example.com owns the agent.',
        state: 'replied',
        state_reason: '',
      },
      {
        ...mail,
        id: id(4),
        received_at: AT + 1000,
        message_id: '<4@example.com>',
        thread: '<4@example.com>',
        sender: 'eve@far.away.and.long.example.net',
        subject: `会議のお知らせ、とても長い件名なので表には入りません ${STEERING}`,
        verdict: 'over_limit',
        reason_code: 'sender_over_limit',
        reason:
          'eve@far.away.and.long.example.net has sent more mails in this hour than an agent takes of one sender.',
        state: 'over_limit',
        state_reason: '',
      },
    ])
    .execute();
  await db
    .insertInto('jobs')
    .values({
      id: id(9),
      agent_id: id(1),
      mail_id: id(3),
      state: 'done',
      run_at: AT,
      attempts: 1,
      max_attempts: 3,
      fence: 1,
      lease_until: null,
      last_error: null,
      created_at: AT,
      finished_at: AT,
    })
    .execute();
  await db
    .insertInto('runs')
    .values({
      id: id(5),
      job_id: id(9),
      agent_id: id(1),
      mail_id: id(3),
      kind: 'turn',
      command: null,
      attempt: 2,
      status: 'failed',
      session_id: null,
      model: 'claude-haiku-4-5',
      input_tokens: 1200,
      output_tokens: 340,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cost_usd: 0.0123,
      context_tokens: null,
      context_window: null,
      llm_requests: 2,
      started_at: AT,
      first_request_at: AT,
      last_response_at: AT,
      finished_at: AT + 12_345,
      error_code: 'llm_rate_limited',
      error: 'The provider takes no more requests for the moment.',
    })
    .execute();
  await db
    .insertInto('deliveries')
    .values({
      id: id(6),
      agent_id: id(1),
      mail_id: id(3),
      run_id: id(5),
      kind: 'reply',
      source_file: null,
      source_sha256: null,
      envelope_sender: 'scout@tinyfat.localhost',
      recipients: '["ann@example.com","somebody.else@department.example.org"]',
      subject: `Re: ${LONG}`,
      message_id: '<6@tinyfat.localhost>',
      raw_key: 'raw',
      state: 'pending',
      attempts: 4,
      next_attempt_at: AT,
      doubt_since: null,
      reason_code: null,
      reason: `The relay said: 535 5.7.8 authentication failed for the user that is named in SMTP_URL ${STEERING}`,
      provider: null,
      provider_id: null,
      provider_message_id: null,
      delivered_at: null,
      created_at: AT,
      sent_at: null,
      filed: 1,
    })
    .execute();
  await db
    .insertInto('suppressed_recipients')
    .values({
      agent_id: id(1),
      address: 'gone@example.org',
      code: 'bounced',
      reason: '550 5.1.1 The email account that you tried to reach does not exist.',
      delivery_id: id(6),
      created_at: AT,
    })
    .execute();
  await db
    .insertInto('secret_addresses')
    .values({
      id: id(7),
      agent_id: id(1),
      token_sha256: 'x',
      note: 'the printer',
      created_at: AT,
      last_used_at: null,
    })
    .execute();
  await db
    .insertInto('provider_keys')
    .values({
      id: id(8),
      owner: 'ann@example.com',
      provider: 'anthropic',
      sealed: 'sealed',
      last_four: 'wxyz',
      created_at: AT,
      last_used_at: AT,
    })
    .execute();
  await db
    .insertInto('budgets')
    .values([
      { scope: 'agent', subject: id(1), monthly_micro_usd: 5_000_000, updated_at: AT },
      { scope: 'owner', subject: 'ann@example.com', monthly_micro_usd: 0, updated_at: AT },
    ])
    .execute();
  const event = {
    provider: 'resend' as const,
    payload: '{}',
    raw_key: null,
    created_at: AT,
    next_attempt_at: AT,
  };
  await db
    .insertInto('webhook_events')
    .values([
      {
        ...event,
        id: id(1),
        event_id: 'msg_1',
        kind: 'received',
        provider_mail_id: 'mail-1',
        state: 'pending',
        attempts: 2,
        reason_code: 'webhook_fetch_failed',
        reason: 'Resend answered 401 restricted_api_key.',
        finished_at: null,
      },
      {
        ...event,
        id: id(2),
        event_id: 'msg_2',
        kind: 'delivery',
        provider_mail_id: 'mail-2',
        state: 'done',
        attempts: 1,
        reason_code: null,
        reason: null,
        finished_at: AT,
      },
    ])
    .execute();
  const token = { owner: 'ann@example.com', created_at: AT, last_used_at: null };
  await db
    .insertInto('api_tokens')
    .values([
      {
        ...token,
        id: id(1),
        name: 'the laptop that stands in the office',
        token_sha256: 'a',
        last_four: 'abcd',
        scopes: '["read","write","keys","tokens"]',
        expires_at: null,
        revoked_at: null,
      },
      {
        ...token,
        id: id(2),
        name: '',
        token_sha256: 'b',
        last_four: 'efgh',
        scopes: '["read"]',
        expires_at: AT,
        revoked_at: AT,
      },
    ])
    .execute();
  const dates = { created_at: new Date(AT).toISOString(), updated_at: new Date(AT).toISOString() };
  await db
    .insertInto('account_users')
    .values({ ...dates, id: 'u', name: '', email: 'ann@example.com', email_verified: 1, image: null })
    .execute();
}
