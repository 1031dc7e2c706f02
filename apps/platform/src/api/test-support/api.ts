/**
 * The API over real stores. Every answer that comes through `call` is checked against what its route declares.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AgentFolders,
  type ByteBudget,
  byteBudget,
  DEFAULT_LIMITS,
  DEFAULT_RETENTION,
  newId,
  type RawMailStore,
} from '@tinyfat/core';
import {
  type Database,
  insertAgent,
  masterKeySource,
  type NewDelivery,
  type NewMail,
  startRun,
  storeProviderKey,
} from '@tinyfat/database';
import { mailQueue } from '@tinyfat/intake';
import { jobQueue } from '@tinyfat/jobs';
import type { MailViewer } from '@tinyfat/mail';
import { folderRunEvents } from '@tinyfat/storage';
import { directoryFolders, masterKeyFile, rawMailDirectory } from '@tinyfat/storage/node';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { farWorker } from '@tinyfat/testing/workers';
import * as v from 'valibot';
import { expect } from 'vitest';
import { compose } from '../../../../../packages/mail/src/compose/compose.ts';
import { readComposed } from '../../../../../packages/mail/src/read/read-composed.ts';
import { viewHtml } from '../../../../../packages/mail/src/view/view-html.ts';
import { viewMail } from '../../../../../packages/mail/src/view/view-mail.ts';
import { viewPart } from '../../../../../packages/mail/src/view/view-parts.ts';
import { statusOf } from '../answer.ts';
import { API_PREFIX, createApi } from '../create-api.ts';
import type { ApiDeps } from '../deps.ts';
import { problemSchema } from '../openapi.ts';
import { OPERATOR, type Principal, type Scope } from '../principal.ts';
import { errorsOf, type RouteFacts } from '../route.ts';
import { ROUTES } from '../routes/index.ts';

export const ANN = 'ann@example.com';
export const BOB = 'bob@example.com';
export const ADMIN = 'root@example.com';
const MODELS = ['claude-haiku-4-5', 'claude-sonnet-5', 'claude-opus-4-8'].map((id) => ({ id, name: id }));
const FROM = { clientAddress: '192.0.2.7', local: false };

export interface CallOptions {
  /** JSON, text or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** JSON where it is some. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  json: any;
  text: string;
}

export interface Client {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

export interface ApiFixture {
  db: Database;
  folders: AgentFolders;
  rawMail: RawMailStore;
  paths: Record<'agents' | 'database' | 'rawMail' | 'masterKeys', string>;
  deps: ApiDeps;
  /** Lines of the log. */
  log: string[];
  /** Of all requests; nothing that they hold is given back. */
  budget: ByteBudget;
  /** Epoch ms; change it to let time pass. */
  now: number;
  /** What was woken: `jobs`, `deliveries`. */
  woken: string[];
  /** The API as a person who is signed in sees it. */
  person(address: string, session?: string): Client;
  operator: Client;
  nobody: Client;
  /** With this Authorization header. */
  bearer(token: string): Client;
  /** A token of these scopes, made by the operator. */
  token(owner: string, ...scopes: Scope[]): Promise<string>;
  /** The answer without a look at it. */
  raw(client: 'operator' | string, path: string, init?: RequestInit): Promise<Response>;
  addAgent(name: string, owner: string): Promise<void>;
  /** A mail with its job and run, all with this id. */
  addMail(id: string, change?: Partial<NewMail>): Promise<void>;
  /** A mail in quarantine. */
  addQuarantinedMail(id: string, change?: Partial<NewMail>): Promise<void>;
  addDelivery(id: string, mailId: string, change?: Partial<NewDelivery>): Promise<void>;
  stop(): void;
  dispose(): Promise<void>;
}

/** Opens it with the admin `ADMIN`. */
export async function openApi(change: Partial<ApiDeps> = {}): Promise<ApiFixture> {
  const folder = await mkdtemp(join(scratchFolder(), 'tinyfat-api-'));
  const paths = {
    agents: join(folder, 'agents'),
    database: join(folder, 'tinyfat.sqlite'),
    rawMail: join(folder, 'raw-mail'),
    masterKeys: join(folder, 'master-keys'),
  };
  const db = await openFreshDatabase(paths.database);
  const stores = {
    db,
    folders: directoryFolders({ folder: paths.agents, owner: null }),
    rawMail: rawMailDirectory(paths.rawMail),
  };
  const log: string[] = [];
  const line = (event: string, fields: object = {}) => void log.push(`${event} ${JSON.stringify(fields)}`);
  const woken: string[] = [];
  const stopping = new AbortController();
  const logger = { debug: line, info: line, warn: line, error: line };
  const clock = () => fixture.now;
  const makeId = () => newId(Date.now, randomBytes);
  const jobs = jobQueue({
    db,
    clock,
    makeId,
    leaseMs: 30_000,
    maxAttempts: 3,
    worker: farWorker(),
    atOnce: 1,
  });
  const queue = { db, jobs, clock, makeId, limits: DEFAULT_LIMITS, ownerNoticeDelayMs: 60_000 };
  const deps: ApiDeps = {
    ...stores,
    mailViewer,
    composer: { readComposed, compose: (mail) => compose(mail, false) },
    events: folderRunEvents(stores.folders, clock),
    clock,
    makeId,
    randomBytes,
    logger,
    mailDomain: 'agents.example.org',
    models: MODELS,
    adminEmails: [ADMIN],
    operatorPays: false,
    localMail: null,
    mailDomainLook: null,
    ownerBudgetMicroUsd: null,
    folderQuotaBytes: 2_000_000_000,
    archiveBounds: { bytes: 4_000_000_000, entries: 200_000 },
    retention: { days: DEFAULT_RETENTION, preview: async () => ({}), run: async () => ({}) },
    mails: mailQueue(queue),
    storeKey: (key) => storeProviderKey(db, masterKeySource(null, masterKeyFile(paths.masterKeys)), key),
    viewer: async (headers: Headers) => {
      const address = /^viewer=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1];
      const session = /session=([\w-]+)/.exec(headers.get('cookie') ?? '')?.[1];
      return address === undefined
        ? null
        : { address, isAdmin: address === ADMIN, ...(session === undefined ? {} : { session }) };
    },
    mayCreateAgents: async () => false,
    wakeUp: { wake: (topic) => void woken.push(topic) },
    mailOut: { provider: 'smtp', host: 'relay.example', problem: () => 'The relay refuses.' },
    takesWebhooks: { resend: true, postmark: false },
    health: async (online) => ({ ready: true, findings: [], online, see_also: '' }),
    stopping: stopping.signal,
    ...change,
  };
  const open = createApi(deps);
  const own = createApi(deps, OPERATOR);

  const raw = async (principal: Principal | undefined, path: string, init: RequestInit = {}) => {
    const request = new Request(`http://test.example${API_PREFIX}${path}`, init);
    return await (principal ? own : open)(request, FROM, fixture.budget.open());
  };
  const client = (credentials: Record<string, string>, principal?: Principal): Client => {
    const call: Client['call'] = async (method, path, { body, headers } = {}) => {
      const init: RequestInit = { method, headers: { ...credentials, ...typeOf(body), ...headers } };
      if (body !== undefined) init.body = isPlain(body) ? body : JSON.stringify(body);
      return await checked(method, path, await raw(principal, path, init));
    };
    return { call, get: (path) => call('GET', path) };
  };

  const fixture: ApiFixture = {
    ...stores,
    paths,
    deps,
    log,
    budget: byteBudget(1024 * 1024 * 1024),
    now: Date.UTC(2026, 10, 27, 12),
    woken,
    person: (address, session) =>
      client({
        cookie: session === undefined ? `viewer=${address}` : `viewer=${address}; session=${session}`,
      }),
    operator: client({}, OPERATOR),
    nobody: client({}),
    bearer: (token) => client({ authorization: `Bearer ${token}` }),
    async token(owner, ...scopes) {
      const made = await fixture.operator.call('POST', '/tokens', { body: { owner, scopes } });
      return made.json.token;
    },
    raw: (who, path, init = {}) =>
      who === 'operator'
        ? raw(OPERATOR, path, init)
        : raw(undefined, path, { ...init, headers: { ...init.headers, authorization: `Bearer ${who}` } }),
    async addAgent(name, owner) {
      await stores.folders.create(name, { 'MEMORY.md': `# ${name}\n`, 'config.json': '{"model":"haiku"}' });
      await insertAgent(db, { id: name, name, owner, created_at: fixture.now++ }, []);
    },
    async addMail(id, more = {}) {
      const row = { ...mailRow(id, fixture.now++), ...more };
      await db.insertInto('mails').values(row).execute();
      await stores.rawMail.put(row.raw_key, new TextEncoder().encode(`Subject: ${row.subject}\r\n\r\nraw`));
      const { agent_id } = row;
      const job = { id, agent_id, mail_id: id, state: 'done' as const, run_at: 1, attempts: 1 };
      await db
        .insertInto('jobs')
        .values({ ...job, max_attempts: 3, fence: 1, created_at: 1 })
        .execute();
      const run = { id, jobId: id, mailId: id, agentId: agent_id, command: null, at: row.received_at };
      await startRun(db, { ...run, kind: 'turn' });
    },
    async addQuarantinedMail(id, more = {}) {
      const row = {
        ...mailRow(id, fixture.now++),
        verdict: 'quarantined' as const,
        state: 'quarantined' as const,
        ...more,
      };
      await db
        .insertInto('mails')
        .values({ ...row, reason_code: 'not_addressed' })
        .execute();
      await stores.rawMail.put(row.raw_key, new TextEncoder().encode('Subject: quarantined\r\n\r\nraw'));
    },
    async addDelivery(id, mailId, more = {}) {
      const mail = await db
        .selectFrom('mails')
        .select('agent_id')
        .where('id', '=', mailId)
        .executeTakeFirstOrThrow();
      const row = { ...deliveryRow(id, mailId, mail.agent_id, fixture.now++), ...more };
      await db.insertInto('deliveries').values(row).execute();
      if (row.raw_key !== '')
        await stores.rawMail.put(row.raw_key, new TextEncoder().encode('Subject: out\r\n'));
    },
    stop: () => stopping.abort(),
    async dispose() {
      stopping.abort();
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** A browser in which a person is signed in, as better-auth writes it. */
export async function addBrowser(
  { db, now }: Pick<ApiFixture, 'db' | 'now'>,
  id: string,
  address: string,
  change: { userAgent?: string; seenAt?: number } = {},
): Promise<void> {
  const at = (ms: number) => new Date(ms).toISOString();
  const person = { id: `user ${address}`, name: '', email: address, email_verified: 1, image: null };
  await db
    .insertInto('account_users')
    .values({ ...person, created_at: at(now), updated_at: at(now) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await db
    .insertInto('account_sessions')
    .values({
      id,
      token: `token ${id}`,
      user_id: person.id,
      user_agent: change.userAgent ?? '',
      ip_address: '',
      created_at: at(now),
      updated_at: at(change.seenAt ?? now),
      expires_at: at(now + 30 * 86_400_000),
    })
    .execute();
}

/** The declared route that a request is for; undefined for none. */
export function routeOf(method: string, path: string): RouteFacts | undefined {
  const [plain = ''] = path.split('?');
  return [...ROUTES.values()].find((route) => {
    const pattern = route.path.replace(/\{(\w+)\}/g, (_, name) =>
      name === 'path' || name === 'file' ? '.+' : '[^/]+',
    );
    return route.method === method && new RegExp(`^${pattern}$`).test(plain);
  });
}

async function checked(method: string, path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const json = /^application\/(problem\+)?json\b/.test(type) ? JSON.parse(text) : undefined;
  const route = routeOf(method, path);
  if (response.status >= 400) {
    expect(type).toBe('application/problem+json');
    const problem = v.parse(problemSchema, json);
    expect(problem.status).toBe(response.status);
    if (route) {
      const known = errorsOf(route).map((code) => [code, statusOf(code)]);
      expect(known).toContainEqual([problem.code, problem.status]);
    }
  } else if (route) {
    expect(response.status).toBe(route.answer.status);
    const types = Object.keys(route.answer.content);
    if (types.length === 0) expect(text).toBe('');
    else expect(types).toContain(type);
    const schema = route.answer.content['application/json'];
    if (schema) v.parse(schema, json);
  }
  return { status: response.status, headers: response.headers, json, text };
}

function isPlain(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function typeOf(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { 'content-type': 'application/octet-stream' };
  return { 'content-type': typeof body === 'string' ? 'text/markdown' : 'application/json' };
}

/** What the threads do, done here. */
const mailViewer: MailViewer = {
  view: async (raw) => viewMail(raw),
  viewHtml: async (raw) => viewHtml(raw),
  viewPart: async (raw, number) => viewPart(raw, number),
};

function mailRow(id: string, at: number): NewMail {
  return {
    id,
    agent_id: 'scout',
    received_at: at,
    via: 'smtp',
    client_address: '192.0.2.1',
    envelope_sender: ANN,
    envelope_recipient: 'scout@agents.example.org',
    raw_key: `raw-${id}`,
    raw_bytes: 10,
    sender: ANN,
    sender_base: ANN,
    sender_name: 'Ann',
    message_id: `<${id}@example.com>`,
    in_reply_to: null,
    thread_references: '<a@example.com> <b@example.com>',
    thread: `<${id}@example.com>`,
    others: '[]',
    subject: 'Hello',
    sent_at: null,
    verdict: 'accepted',
    reason_code: 'accepted',
    reason: 'It is on the list.',
    evidence: 'null',
    authentication: '',
    state: 'replied',
    state_reason: '',
  };
}

function deliveryRow(id: string, mailId: string, agentId: string, at: number): NewDelivery {
  return {
    id,
    agent_id: agentId,
    mail_id: mailId,
    run_id: mailId,
    kind: 'reply',
    source_file: `${mailId}.json`,
    source_sha256: null,
    envelope_sender: `${agentId}@agents.example.org`,
    recipients: '["ann@example.com"]',
    subject: 'Re: Hello',
    message_id: `<${id}@agents.example.org>`,
    raw_key: `out-${id}`,
    state: 'sent',
    attempts: 1,
    next_attempt_at: at,
    provider: 'smtp',
    created_at: at,
    sent_at: at,
    filed: 1,
  };
}
