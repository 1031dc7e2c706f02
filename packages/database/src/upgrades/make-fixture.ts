/**
 * `npm run fixture`: writes what a database of this version looks like, with a row of every kind, into the file that
 * the tests of later versions open. To be run once for each new migration, in the commit that adds it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSentMail } from '@tinyfat/testing/sent-mail';
import { migrations } from '../migrations/index.ts';
import { indexDocument } from '../search/documents.ts';
import { dumpSql } from './dump-sql.ts';

const newest = Object.keys(migrations).sort().at(-1);
const AT = Date.UTC(2026, 10, 28);
const DATE = new Date(AT).toISOString();
const fixture = await openSentMail();
const { db } = fixture;

await fixture.mail('replied', { state: 'replied', sender_base: 'owner@example.com' });
await fixture.delivery('replied');
await fixture.delivery('replied', { state: 'sending', doubt_since: 4, source_file: null, provider: 'smtp' });
await db
  .insertInto('mails')
  .values({
    ...(await fixture.mail('tagged', { sender: 'owner+tag@example.com', sender_base: 'owner@example.com' })),
    id: 'quarantined',
    message_id: '<quarantined@example.com>',
    verdict: 'quarantined',
    state: 'quarantined',
  })
  .execute();
await fixture.mail('foreign', { state: 'awaiting_approval', sender_base: 'owner@example.com' });
const foreign = await fixture.delivery('foreign', {
  state: 'awaiting_approval',
  reason_code: 'recipients_not_allowed',
});
await db
  .insertInto('approval_records')
  .values({
    delivery_id: foreign.id,
    action: 'edited',
    by_address: 'owner@example.com',
    via: 'session',
    at: AT,
    digest: 'aa',
    raw_key: 'before-edit',
  })
  .execute();
await db
  .insertInto('current_sessions')
  .values({ agent_id: 'scout', scope: 'agent', session_id: 'session', updated_at: AT })
  .execute();
await db
  .insertInto('secret_addresses')
  .values({ id: 'secret', agent_id: 'scout', token_sha256: 'aa', note: 'shop', created_at: AT })
  .execute();
await db
  .insertInto('suppressed_recipients')
  .values({
    agent_id: 'scout',
    address: 'gone@example.com',
    code: 'bounced',
    reason: '550 no such user',
    delivery_id: 'x',
    created_at: AT,
  })
  .execute();
await db
  .insertInto('provider_keys')
  .values({
    id: 'key',
    owner: 'owner@example.com',
    provider: 'anthropic',
    sealed: 'sealed',
    last_four: '-key',
    created_at: AT,
  })
  .execute();
await db
  .insertInto('budgets')
  .values({ scope: 'agent', subject: 'scout', monthly_micro_usd: 5_000_000, updated_at: AT })
  .execute();
await db
  .insertInto('api_tokens')
  .values({
    id: 'token',
    owner: 'owner@example.com',
    name: 'laptop',
    token_sha256: 'bb',
    last_four: 'abcd',
    scopes: '["read"]',
    created_at: AT,
  })
  .execute();
await db
  .insertInto('webhook_events')
  .values({
    id: 'event',
    provider: 'resend',
    event_id: 'e1',
    kind: 'received',
    provider_mail_id: 'm1',
    payload: '{}',
    state: 'done',
    attempts: 1,
    next_attempt_at: AT,
    created_at: AT,
  })
  .execute();
await db.insertInto('provider_cursors').values({ name: 'resend', started_at: AT, mark: AT }).execute();
await db
  .insertInto('account_users')
  .values({
    id: 'user',
    name: 'owner',
    email: 'owner@example.com',
    email_verified: 1,
    created_at: DATE,
    updated_at: DATE,
  })
  .execute();
await db
  .insertInto('account_sessions')
  .values({
    id: 'session',
    expires_at: DATE,
    token: 'token',
    created_at: DATE,
    updated_at: DATE,
    user_id: 'user',
  })
  .execute();
await db
  .insertInto('sign_in_requests')
  .values({
    address: 'ben@example.org',
    id: 'request',
    link_sha256: 'cc',
    browser_sha256: 'dd',
    tries: 0,
    mail_state: 'sent',
    mail_attempts: 1,
    mail_next_at: AT,
    created_at: AT,
    expires_at: AT,
  })
  .execute();
await db
  .insertInto('sign_in_attempts')
  .values({ kind: 'mail_address', subject: 'ben@example.org', at: AT })
  .execute();
await db
  .insertInto('limit_notices')
  .values({
    agent_id: 'scout',
    role: 'owner',
    recipient: 'owner@example.com',
    id: 'notice',
    mail_id: 'quarantined',
    limit_code: 'sender_limit',
    state: 'sent',
    attempts: 1,
    next_attempt_at: AT,
    created_at: AT,
  })
  .execute();
await db
  .insertInto('oidc_requests')
  .values({ state_sha256: 'cc', browser_sha256: 'dd', return_to: '/', expires_at: AT })
  .execute();
await db.insertInto('sending_stops').values({ name: 'all', stopped_at: AT, stopped_by: null }).execute();
await db
  .insertInto('owner_alerts')
  .values({ owner: 'owner@example.com', held: 1, failed: 0, budget: 1, digest: 1, updated_at: AT })
  .execute();
await db
  .insertInto('owner_notices')
  .values({
    id: 'owner-notice',
    owner: 'owner@example.com',
    kind: 'digest',
    about: '2026-11-27',
    content: '{}',
    state: 'sent',
    reason: null,
    attempts: 1,
    next_attempt_at: AT,
    fence: 1,
    leased_by: null,
    lease_until: null,
    scheduled_at: AT,
    created_at: AT,
  })
  .execute();
await indexDocument(db, {
  kind: 'mail',
  id: 'replied',
  agentId: 'scout',
  at: AT,
  sender: 'The Owner <owner@example.com>',
  people: '[]',
  subject: 'Hello',
  text: 'some words',
});
// When they ran is no part of it.
await db
  .withTables<{ kysely_migration: { timestamp: string } }>()
  .updateTable('kysely_migration')
  .set({ timestamp: DATE })
  .execute();

const file = new URL(`${newest}.sql`, import.meta.url);
writeFileSync(file, dumpSql(join(fixture.folder, 'tinyfat.sqlite')));
await fixture.close();
process.stdout.write(`${file.pathname}\n`);
