/** Values for calls of the database's functions, among rows as `addManyRows` makes them. */
import { mailRow } from '@tinyfat/contracts/mail-row';
import { type MailReport, newMasterKey } from '@tinyfat/core';
import type * as database from '@tinyfat/database';
import { agentId } from '@tinyfat/testing/many-rows';
import type { PlanAllowance } from '@tinyfat/testing/statement-plans';
import { farWorker } from '@tinyfat/testing/workers';

export interface StatementCase extends PlanAllowance {
  run(db: database.Database): Promise<unknown>;
}

/** Owners of one agent, of twenty and of many. */
export const ONE = 'one@example.com';
export const TWENTY = 'twenty@example.com';
export const MANY = 'many@example.com';

/** Now, epoch ms. */
export const at = Date.now();
/** The agent with half of all rows, and one with few. */
export const agent = agentId(2);
export const quiet = agentId(7);
/** A row of the busy agent in most tables. */
export const row = 'row-10000008';
/** The hour before this one, as a month: those begin with an hour too. */
const thisHour = at - (at % 3_600_000);
export const month = { from: thisHour - 3_600_000, until: thisHour };
/** A place for a key. */
export const ofProvider = { owner: ONE, provider: 'anthropic' } as const;
/** Before most rows, and a place among those. */
export const old = at - 40 * 86_400_000;
export const place = { at: old - 86_400_000, id: row };
/** A row in hands. */
export const held = { seq: 1, fence: 0 };
/** What a turn used. */
export const usage = { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, costUsd: 1, requests: 1 };
export const address = {
  addresses: ['ann@example.com'],
  action: 'failed',
  status: '5.1.1',
  diagnostic: '',
} as const;
/** A report that names deliveries. */
export const bounce: MailReport = {
  kind: 'delivery',
  recipients: [{ ...address, addresses: ['ann@example.com'] }],
  messageIds: ['<8@agents.test>', '<10@agents.test>'],
};
/** Whose rows are seen. */
export const sights: readonly database.Sight[] = ['all', { owner: ONE }, { owner: TWENTY }, { owner: MANY }];
/** What the protocol of leased rows needs. */
export const leases = (db: database.Database) => ({
  db,
  clock: () => at,
  worker: farWorker(),
  leaseMs: 1000,
});

/** A mail that comes now. */
export const mail = mailRow(agent, '<fresh@example.com>', {
  id: 'row-fresh',
  received_at: at,
  raw_key: 'fresh',
  sender: 'ann@example.com',
  signature: 'signature',
});

/** A case. */
export const of = (run: StatementCase['run'], allowance: PlanAllowance = {}): StatementCase => ({
  run,
  ...allowance,
});
/** What is sorted where it is said, and why that is little. */
export const PAGE = { sorts: 'the newest rows of as many agents as the page has rows, and the page' };
export const WAITING = { sorts: 'rows that wait' };
export const FEW = { sorts: 'rows of a table that grows with agents and people, not with mail' };

export const ADDED_UP = { reads: 'all runs of an agent, added up', sorts: 'the sums' };
export const NAMED = { sorts: 'rows whose ids begin alike' };

export type Page = { after: database.After | null; limit: number };
export const pages: readonly Page[] = [
  { after: null, limit: 50 },
  { after: { at: at - 3_600_000, id: row }, limit: 50 },
];

/** The first and a later page for everybody. */
export async function everyPage(
  list: (sight: database.Sight, page: Page) => Promise<unknown>,
): Promise<void> {
  for (const sight of sights) for (const page of pages) await list(sight, page);
}

/** A whole id and the beginning of one for everybody. */
export async function everyId(find: (sight: database.Sight, id: string) => Promise<unknown>): Promise<void> {
  for (const sight of sights) for (const id of ['row-1', 'row-1000007']) await find(sight, id);
}

export type FilterOf<
  List extends (db: database.Database, sight: database.Sight, filter: never, page: Page) => unknown,
> = Required<Parameters<List>[2]>;

/** With each of the filters alone, with none and with all. */
export function filtersOf<Filter extends object>(all: Filter): Partial<Filter>[] {
  const keys = Object.keys(all) as (keyof Filter)[];
  return [{}, all, ...keys.map((key) => ({ [key]: all[key] }) as Partial<Filter>)];
}
/** Filters of lists. */
export const mailFilters = [
  ...filtersOf<Omit<FilterOf<typeof database.visibleMails>, 'messageId'>>({
    agentId: agent,
    state: 'failed',
    verdict: 'refused',
    senderBase: 'ann@example.com',
    since: at - 7_200_000,
    before: at - 60_000,
  }),
  ...filtersOf({ messageId: '<8@example.com>', agentId: agent }),
];
export const runFilters = filtersOf<FilterOf<typeof database.visibleRuns>>({
  agentId: agent,
  status: 'failed',
});
export const deliveryFilters = filtersOf<FilterOf<typeof database.visibleDeliveries>>({
  agentId: agent,
  states: ['failed', 'sent'],
});

/** Rows that come now. */
export const delivery: database.NewDelivery = {
  id: 'fresh',
  agent_id: agent,
  mail_id: row,
  run_id: row,
  kind: 'reply',
  envelope_sender: '',
  recipients: '[]',
  subject: '',
  message_id: '',
  raw_key: '',
  state: 'sent',
  attempts: 0,
  next_attempt_at: at,
  created_at: at,
  filed: 0,
};
export const event: database.NewWebhookEvent = {
  id: 'fresh',
  provider: 'postmark',
  event_id: 'fresh',
  kind: 'delivery',
  provider_mail_id: 'fresh',
  payload: '{}',
  state: 'done',
  attempts: 0,
  next_attempt_at: at,
  created_at: at,
};
export const suppressed: database.SuppressedRecipient = {
  agent_id: agent,
  address: 'ann@example.com',
  code: 'bounced',
  reason: '',
  delivery_id: row,
  created_at: at,
};
export const request: database.NewSignInRequest = {
  address: 'fresh@example.com',
  id: 'fresh',
  link_sha256: 'fresh',
  browser_sha256: 'fresh',
  tries: 0,
  mail_state: 'none',
  mail_attempts: 0,
  mail_next_at: at,
  // Before all others, so that none of them has expired.
  created_at: 1,
  expires_at: at,
};
export const attempt = { kind: 'code_network', subject: row } as const;
export const secret = { id: 'fresh', agent_id: agent, token_sha256: 'hash', note: '', created_at: at };
export const token = {
  id: 'fresh',
  owner: ONE,
  name: '',
  token_sha256: 'hash',
  last_four: '',
  scopes: '',
  created_at: at,
  expires_at: null,
};
export const masterKey = newMasterKey((count) => new Uint8Array(count).fill(1));
export const masterKeys: database.MasterKeySource = {
  kind: 'environment',
  read: async () => ({ ok: true, keys: [masterKey] }),
};

/** The protocol over a table, as a worker uses it. */
export async function work<Row>(rows: database.LeasedRows<Row>): Promise<void> {
  const claimed = await rows.claim();
  if (claimed === undefined) throw new Error('nothing was due');
  await rows.renew(claimed);
  await rows.nextDue();
  await rows.dueAfterSetBack();
  await rows.reclaim(() => false);
}
