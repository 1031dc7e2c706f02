import { monthOf } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent } from './agents.ts';
import { addUsage } from './runs.ts';
import { USAGE_KEYS, type UsageKey, type UsageQuestion, usageBy, usageOfMonth } from './usage.ts';

describe('what turns have used', () => {
  let mails: SentMail;
  beforeEach(async () => {
    mails = await openSentMail();
    await insertAgent(
      mails.db,
      { id: 'foreign', name: 'foreign', owner: 'eve@example.com', created_at: 1 },
      [],
    );
    await run('a', '2026-11-01T00:00:00Z', 'haiku', 0.1);
    await run('b', '2026-11-01T23:59:59Z', 'opus', 0.2, 'other');
    await run('c', '2026-11-02T00:00:00Z', 'haiku', 0.4);
    await run('d', '2026-11-02T00:00:00Z', null, 0.8, 'foreign');
    await run('e', '2026-11-03T00:00:00Z', 'haiku', 1.6);
    await run('f', '2026-11-01T12:00:00Z', null, 0);
    await mails.db.updateTable('runs').set({ kind: 'command' }).where('id', '=', 'f').execute();
  });
  afterEach(() => mails.close());
  async function run(id: string, at: string, model: string | null, cost_usd: number, agent_id = 'scout') {
    const sender_base = id === 'b' || id === 'c' ? 'bob@example.com' : null;
    await mails.mail(id, { agent_id, sender_base });
    const tokens = { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 };
    await mails.db
      .updateTable('runs')
      .set({ started_at: Date.parse(at), model, cost_usd, ...tokens })
      .where('id', '=', id)
      .execute();
  }
  const ask = (question: Partial<UsageQuestion>) =>
    usageBy(mails.db, {
      owner: null,
      agentId: null,
      from: Date.parse('2026-11-01'),
      to: Date.parse('2026-11-03'),
      by: 'day',
      limit: 100,
      ...question,
    });
  const costs = async (question: Partial<UsageQuestion>) =>
    (await ask(question)).map(({ key, turns, cost_usd }) => [key, turns, cost_usd]);

  it('is added up by day in UTC, without commands, up to but without the end', async () => {
    expect(await ask({})).toEqual([
      { key: '2026-11-01', turns: 2, input: 2, output: 4, cacheRead: 6, cacheWrite: 8, cost_usd: 0.3 },
      { key: '2026-11-02', turns: 2, input: 2, output: 4, cacheRead: 6, cacheWrite: 8, cost_usd: 1.2 },
    ]);
  });

  it('is added up by model and by agent', async () => {
    expect(await costs({ by: 'model' })).toEqual([
      ['', 1, 0.8],
      ['haiku', 2, 0.5],
      ['opus', 1, 0.2],
    ]);
    expect(await costs({ by: 'agent' })).toEqual([
      ['foreign', 1, 0.8],
      ['scout', 2, 0.5],
      ['other', 1, 0.2],
    ]);
    expect(await costs({ by: 'agent', limit: 1 })).toEqual([['foreign', 1, 0.8]]);
  });

  it('is added up by who wrote, without tags', async () => {
    expect(await costs({ by: 'sender' })).toEqual([
      ['', 2, 0.9],
      ['bob@example.com', 2, 0.6],
    ]);
  });

  it('is added up by the days and hours of a zone, over a change of its clocks', async () => {
    const HOUR = 3_600_000;
    const change = Date.parse('2026-11-01T06:00:00Z');
    // New York: 4 hours behind UTC, and from then on 5.
    const offsets = [
      { until: change, ms: -4 * HOUR },
      { until: Date.parse('2026-11-03'), ms: -5 * HOUR },
    ];
    expect(await costs({ offsets })).toEqual([
      ['2026-10-31', 1, 0.1],
      ['2026-11-01', 3, 1.4],
    ]);
    expect((await costs({ offsets, by: 'hour' })).map(([key]) => key)).toEqual([
      '2026-10-31T20:00',
      '2026-11-01T18:00',
      '2026-11-01T19:00',
    ]);
    expect(await costs({ offsets: [{ until: 0, ms: 5.75 * HOUR }], by: 'hour' })).toEqual([
      ['2026-11-01T05:00', 1, 0.1],
      ['2026-11-02T05:00', 3, 1.4],
    ]);
  });

  it('is what a sum over every run gives, in zones that split hours, over a change of clocks by half an hour', async () => {
    const HOUR = 3_600_000;
    const first = Date.parse('2026-11-01T00:00:00Z');
    const change = Date.parse('2026-11-01T15:30:00Z');
    const started = Array.from({ length: 100 }, (_, index) => first + index * 29 * 60_000);
    for (const [index, at] of started.entries()) {
      await run(`n-${index}`, new Date(at).toISOString(), `model-${index % 3}`, 0.01);
    }
    const all = await mails.db.selectFrom('runs').selectAll().where('kind', '=', 'turn').execute();
    // Begins and ends within hours, with a whole day in UTC between them.
    const [from, to] = [first - 5 * HOUR + 10 * 60_000, first + 47 * HOUR + 1];
    for (const offsets of [
      [{ until: 0, ms: 5.5 * HOUR }],
      [{ until: 0, ms: 5.75 * HOUR }],
      [],
      [{ until: 0, ms: -2 * HOUR }],
      [
        { until: change, ms: 10.5 * HOUR },
        { until: 0, ms: 11 * HOUR },
      ],
    ]) {
      const local = (at: number) =>
        new Date(at + ((at < change ? offsets[0] : offsets.at(-1))?.ms ?? 0)).toISOString();
      const keys = {
        day: ({ started_at }) => local(started_at).slice(0, 10),
        hour: ({ started_at }) => `${local(started_at).slice(0, 13)}:00`,
        model: ({ model }) => model ?? '',
        agent: ({ agent_id }) => agent_id,
        sender: ({ id }) => (id === 'b' || id === 'c' ? 'bob@example.com' : ''),
      } satisfies Record<UsageKey, (run: (typeof all)[number]) => string>;
      for (const by of USAGE_KEYS) {
        const turns = new Map<string, number>();
        for (const one of all.filter(({ started_at }) => started_at >= from && started_at < to)) {
          turns.set(keys[by](one), (turns.get(keys[by](one)) ?? 0) + 1);
        }
        const found = await ask({ by, from, to, offsets });
        expect(new Map(found.map((row) => [row.key, row.turns]))).toEqual(turns);
        expect(found.reduce((sum, { input }) => sum + input, 0)).toBe(
          found.reduce((sum, row) => sum + row.turns, 0),
        );
      }
    }
  });

  it('in a zone of half hours is read from sums, but for the hours that a midnight splits', async () => {
    await mails.db.updateTable('usage_hours').set({ turns: 7 }).execute();
    // Midnight in India is at 18:30 in UTC, when nobody wrote.
    const offsets = [{ until: 0, ms: 5.5 * 3_600_000 }];
    expect(await costs({ offsets })).toEqual([
      ['2026-11-01', 7, 0.1],
      ['2026-11-02', 21, 1.4],
    ]);
  });

  it('is the same from the sums of days and hours as from every run, whatever changes', async () => {
    const { db } = mails;
    await db.updateTable('runs').set({ model: 'opus', cost_usd: 0.000001 }).where('id', '=', 'a').execute();
    await db.updateTable('runs').set({ kind: 'turn', input_tokens: 7 }).where('id', '=', 'f').execute();
    await db.updateTable('runs').set({ kind: 'command' }).where('id', '=', 'c').execute();
    await db.updateTable('runs').set({ started_at: 5 }).where('id', '=', 'e').execute();
    await addUsage(db, 'b', { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, costUsd: 0.1, requests: 1 });
    await db.deleteFrom('runs').where('id', '=', 'd').execute();
    for (const by of USAGE_KEYS) {
      const runs = await ask({ by, to: Date.parse('2026-11-03') - 1 });
      expect(runs.length).toBeGreaterThan(0);
      expect(await ask({ by, to: Date.parse('2026-11-03') - 3_600_000 })).toEqual(runs);
      expect(await ask({ by })).toEqual(runs);
    }
    const left = await db.selectFrom('usage_hours').select('turns').execute();
    expect(left.map(({ turns }) => turns).sort()).toEqual([1, 1, 1, 1]);
    const days = await db.selectFrom('usage_days').select(['day', 'turns']).execute();
    expect(days.reduce((sum, { turns }) => sum + turns, 0)).toBe(4);
    expect(days.filter(({ turns }) => turns === 0)).toEqual([]);
  });

  it('of a month is what was spent, what is reserved, and since when there are agents', async () => {
    const month = monthOf(Date.parse('2026-11-15'));
    const of = (owner: string | null, agentId: string | null) =>
      usageOfMonth(mails.db, { owner, agentId }, month);
    await mails.db
      .updateTable('runs')
      .set({ status: 'running', reserved_micro_usd: 7 })
      .where('id', 'in', ['a', 'd'])
      .execute();
    await mails.db
      .updateTable('runs')
      .set({ started_at: Date.parse('2026-10-31T23:59:59Z') })
      .where('id', '=', 'a')
      .execute();
    expect(await of('owner@example.com', null)).toEqual({
      spent: 2_200_000,
      reserved: 7,
      since: expect.any(Number),
    });
    expect(await of(null, 'foreign')).toEqual({ spent: 800_000, reserved: 7, since: 1 });
    expect(await of('eve@example.com', 'scout')).toEqual({ spent: 0, reserved: 0, since: null });
    expect(await of(null, null)).toEqual({ spent: 3_000_000, reserved: 14, since: expect.any(Number) });
  });

  it('is of one owner or one agent only, and of an agent of another owner nothing', async () => {
    expect(await costs({ owner: 'owner@example.com' })).toEqual([
      ['2026-11-01', 2, 0.3],
      ['2026-11-02', 1, 0.4],
    ]);
    expect(await costs({ agentId: 'other' })).toEqual([['2026-11-01', 1, 0.2]]);
    const noTime = Date.parse('2026-11-02');
    expect(await costs({ from: noTime, to: noTime })).toEqual([]);
    expect(await costs({ owner: 'eve@example.com', agentId: 'scout' })).toEqual([]);
  });
});
