import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertAgent } from './agents.ts';
import type { Mail } from './schema/index.ts';
import { type MailFilter, type Sight, visibleDeliveries, visibleMails, visibleRuns } from './visible.ts';

const VERDICTS = ['accepted', 'refused'] as const;
const STATES = ['replied', 'failed', 'refused'] as const;
const SENDERS = ['ann@example.com', 'bob@example.com', 'cy@example.com'];
const AGENTS = ['scout', 'other', 'a', 'b', 'c', 'd'];

describe('pages of a list', () => {
  let fixture: SentMail;
  const all: Pick<Mail, 'id' | 'agent_id' | 'received_at' | 'verdict' | 'state' | 'sender_base'>[] = [];
  beforeAll(async () => {
    fixture = await openSentMail();
    for (const id of AGENTS.slice(2)) {
      const owner = id === 'd' ? 'eve@example.com' : 'owner@example.com';
      await insertAgent(fixture.db, { id, name: id, owner, created_at: 1 }, []);
    }
    // Several of each time, in no order, so that times tie within agents and between them.
    for (let number = 0; number < 60; number++) {
      const mail = {
        id: `${(number * 37) % 60}`.padStart(8, '0'),
        agent_id: AGENTS[(number * 7) % 11] ?? 'a',
        received_at: Math.floor(number / 7),
        verdict: VERDICTS[number % 2] ?? 'accepted',
        state: STATES[number % 3] ?? 'failed',
        sender_base: SENDERS[number % 4] ?? null,
      };
      all.push(mail);
      await fixture.mail(mail.id, mail);
      await fixture.db
        .updateTable('runs')
        .set({ started_at: mail.received_at, status: number % 3 === 0 ? 'failed' : 'done' })
        .where('id', '=', mail.id)
        .execute();
      const state = number % 3 === 0 ? 'failed' : 'sent';
      await fixture.delivery(mail.id, { agent_id: mail.agent_id, state });
    }
  });
  afterAll(() => fixture.close());

  const sights: Sight[] = ['all', { owner: 'owner@example.com' }, { owner: 'eve@example.com' }];
  const filters = [
    {},
    { state: 'failed' },
    { verdict: 'refused' },
    { state: 'failed', verdict: 'refused' },
    { state: 'failed', messageId: '<00000007@example.com>' },
    { senderBase: 'ann@example.com' },
    { senderBase: 'bob@example.com', state: 'failed', since: 2, before: 7 },
    { senderBase: 'ann@example.com', messageId: '<00000007@example.com>', since: 1, before: 9 },
    { since: 3 },
    { before: 5 },
    { since: 6, before: 6 },
    { verdict: 'accepted', since: 2, before: 4 },
  ] satisfies MailFilter[];
  const cases = sights.flatMap((sight) =>
    filters.flatMap((filter) =>
      [undefined, 'a', 'd'].map((agentId) => ({ sight, filter: { ...filter, agentId } })),
    ),
  );

  it.each(cases)('hold every row that is seen once, newest first: %j', async ({ sight, filter }) => {
    const { state, verdict, messageId, agentId, senderBase, since, before }: MailFilter = filter;
    const isOfSight = (agent: string) =>
      sight === 'all' || (agent === 'd') === (sight.owner === 'eve@example.com');
    const expected = all
      .filter((mail) => isOfSight(mail.agent_id) && (agentId ?? mail.agent_id) === mail.agent_id)
      .filter((mail) => (state ?? mail.state) === mail.state && (verdict ?? mail.verdict) === mail.verdict)
      .filter((mail) => (messageId ?? `<${mail.id}@example.com>`) === `<${mail.id}@example.com>`)
      .filter((mail) => (senderBase ?? mail.sender_base) === mail.sender_base)
      .filter(({ received_at: at }) => at >= (since ?? 0) && at < (before ?? 100))
      .sort((a, b) => b.received_at - a.received_at || (a.id < b.id ? 1 : -1));
    const found = await allPages(
      (page) => visibleMails(fixture.db, sight, filter, page),
      (mail) => ({
        at: mail.received_at,
        id: mail.id,
      }),
    );
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(found.every(({ agent, agent_id }) => agent === agent_id)).toBe(true);
  });

  it.each(sights)('of runs and outgoing mails are the same: %j', async (sight) => {
    const { db } = fixture;
    const wants = (agent: string) =>
      sight === 'all' || (agent === 'd') === (sight.owner === 'eve@example.com');
    const seen = all.filter((mail) => wants(mail.agent_id));
    for (const filter of [{}, { status: 'failed' }, { agentId: 'a' }] as const) {
      const found = await allPages(
        (page) => visibleRuns(db, sight, filter, page),
        (run) => ({ at: run.started_at, id: run.id }),
      );
      const expected = await db
        .selectFrom('runs')
        .selectAll()
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      const isWanted = (run: (typeof expected)[number]) =>
        seen.some(({ id }) => id === run.id) &&
        ('status' in filter ? run.status === filter.status : true) &&
        ('agentId' in filter ? run.agent_id === filter.agentId : true);
      expect(found.map(({ id }) => id)).toEqual(expected.filter(isWanted).map(({ id }) => id));
    }
    for (const states of [[], ['failed'], ['failed', 'sending']] as const) {
      const found = await allPages(
        (page) => visibleDeliveries(db, sight, { states }, page),
        ({ seq }) => ({ at: seq, id: '' }),
      );
      const expected = await db.selectFrom('deliveries').selectAll().orderBy('seq', 'desc').execute();
      const isWanted = (row: (typeof expected)[number]) =>
        wants(row.agent_id) && (states.length === 0 || states.some((state) => state === row.state));
      expect(found.map(({ id }) => id)).toEqual(expected.filter(isWanted).map(({ id }) => id));
    }
  });
});

type Place = { at: number; id: string };

async function allPages<Row>(
  pageAfter: (page: { after: Place | null; limit: number }) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: Place | null = null; ; ) {
    const page: Row[] = await pageAfter({ after, limit: 4 });
    rows.push(...page);
    const last = page.at(-1);
    if (last === undefined) return rows;
    after = placeOf(last);
  }
}
