import { type BudgetScope, monthOf } from '@tinyfat/core';
import { addUsage, agentById, monthSpent, type Run, runById, setBudget, startRun } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox } from '../test-support/outbox.ts';
import { openSpending } from './spending.ts';

const OWNER = 'owner@example.com';
const NOVEMBER = Date.parse('2026-11-15');
const HAIKU = {
  id: 'haiku',
  name: 'Haiku',
  contextWindow: 200_000,
  cost: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
};
/** What a turn of Haiku sets aside when it begins. */
const FIRST = 50_000 * 1.25 + 64_000 * 5;
const usage = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, requests: 1 };

describe('the money of a run', () => {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await openOutbox();
  });
  afterEach(() => outbox.close());

  const budget = (scope: BudgetScope, subject: string, monthly_micro_usd: number) =>
    setBudget(outbox.db, { scope, subject, monthly_micro_usd, updated_at: 1 });
  const stored = async (id: string): Promise<Run> => {
    const run = await runById(outbox.db, id);
    if (!run) throw new Error(`no run ${id}`);
    return run;
  };
  /** A run of an agent that started then and has cost so much, micro-dollars. */
  const begin = async (id: string, { agent = 'scout', at = NOVEMBER, cost = 0 } = {}) => {
    await outbox.mail(id, { agent_id: agent });
    await outbox.db.updateTable('runs').set({ started_at: at }).where('id', '=', id).execute();
    await addUsage(outbox.db, id, { ...usage, costUsd: cost / 1e6 });
    return id;
  };
  const open = async (id: string, { demo = false, ownerBudgetMicroUsd = null as number | null } = {}) => {
    const run = await stored(id);
    const agent = await agentById(outbox.db, run.agent_id);
    if (!agent) throw new Error('no agent');
    const deps = { ...outbox.deps, models: [HAIKU], ownerBudgetMicroUsd };
    return await openSpending(deps, { agent }, { run, model: demo ? null : HAIKU });
  };
  const opened = async (id: string, options = {}) => {
    const result = await open(id, options);
    if (!result.ok) throw new Error(result.detail);
    return result.spending;
  };
  const ask = async (spending: Awaited<ReturnType<typeof opened>>, microUsd: number) => {
    if (spending.reserved === null) throw new Error('no cap');
    return await spending.reserve(microUsd, microUsd);
  };

  it('has no cap where none is set, and is noted all the same', async () => {
    const spending = await opened(await begin('a'));
    expect([spending.reserved, spending.maxTokens]).toEqual([null, null]);
    await spending.settle({ used: { ...usage, microUsd: 150 }, reserved: 0 });
    expect(await stored('a')).toMatchObject({ cost_usd: 0.00015, output_tokens: 4, llm_requests: 2 });
  });

  it('is set aside before the turn starts, at most what is left', async () => {
    await budget('agent', 'scout', 1_000_000);
    const spending = await opened(await begin('a'));
    expect(spending.reserved).toBe(FIRST);
    expect((await stored('a')).reserved_micro_usd).toBe(FIRST);
    expect(spending.maxTokens).toBe(50_000);

    await budget('owner', OWNER, FIRST + 7);
    const second = await opened(await begin('b', { agent: 'other' }));
    expect(second.reserved).toBe(7);
  });

  it('is the default budget of owners who have none', async () => {
    await begin('a', { cost: 5 });
    expect(await open('a', { ownerBudgetMicroUsd: 5 })).toMatchObject({ ok: false });
    await budget('owner', OWNER, 1_000_000);
    expect(await open('a', { ownerBudgetMicroUsd: 5 })).toMatchObject({ ok: true });
  });

  it('is not there for a first attempt when a cap is used up, and says which', async () => {
    await budget('agent', 'scout', 1_000_000);
    await budget('owner', OWNER, 900_000);
    await begin('earlier', { agent: 'other', cost: 900_000 });
    expect(await open(await begin('a'))).toEqual({
      ok: false,
      detail: 'The budget that all agents of this owner share is $0.90 a month, and $0.00 of it is left.',
    });
    expect((await stored('a')).reserved_micro_usd).toBe(0);
  });

  it('lets a later attempt begin with nothing: its answer may be written already', async () => {
    await budget('agent', 'scout', 10);
    const again = { id: 'x', jobId: 'a', agentId: 'scout', mailId: 'a', command: null, at: 9 };
    await begin('a', { cost: 10 });
    await startRun(outbox.db, { ...again, kind: 'turn' });
    const spending = await opened('a');
    expect(spending.reserved).toBe(0);
    expect(await ask(spending, 1)).toMatchObject({ ok: false, held: false });
    expect(spending.refusal()).toContain('The budget of this agent');
  });

  it('is not asked for where the demo model answers', async () => {
    await budget('agent', 'scout', 0);
    const spending = await opened(await begin('a'), { demo: true });
    expect(spending.reserved).toBeNull();
  });

  it('is of the month in which the run started, also when the next has begun', async () => {
    await budget('agent', 'scout', 100);
    await begin('spent', { at: Date.parse('2026-11-02'), cost: 100 });
    await begin('late', { at: Date.parse('2026-11-30T23:59:59.999Z') });
    await begin('early', { at: Date.parse('2026-12-01T00:00:00Z') });
    expect(await open('late')).toMatchObject({ ok: false });
    expect(await open('early')).toMatchObject({ ok: true });
  });

  it('never passes a cap of the owner, with ten runs that all ask and spend at once', async () => {
    const cap = 1000;
    await budget('owner', OWNER, cap);
    let most = 0;
    const one = async (index: number) => {
      const id = await begin(`run-${index}`, { agent: index % 2 ? 'scout' : 'other' });
      const result = await open(id);
      if (!result.ok || result.spending.reserved === null) return;
      const { spending } = result;
      let given = spending.reserved ?? 0;
      let cost = 0;
      for (let request = 0; request < 8; request++) {
        const grant = await ask(spending, 40);
        if (grant.ok) given += 40;
        const spent = Math.min(given - cost, 25);
        cost += spent;
        await spending.settle({ used: { ...usage, microUsd: spent }, reserved: given - cost });
        const month = await monthSpent(outbox.db, 'owner', OWNER, monthOf(NOVEMBER));
        most = Math.max(most, month.spent + month.reserved);
      }
      await spending.settle({ used: { ...usage, microUsd: 0 }, reserved: 0 });
    };
    await Promise.all(Array.from({ length: 10 }, (_, index) => one(index)));
    expect(most).toBeGreaterThan(0.9 * cap);
    expect(most).toBeLessThanOrEqual(cap);
  });

  it('is warned of once when four fifths are spent, and once at the end', async () => {
    await budget('agent', 'scout', 1_000_000);
    const warned = () =>
      outbox.logged.filter(([event]) => event === 'budget_low').map(([, fields]) => fields?.state);
    for (const [id, microUsd, states] of [
      ['a', 700_000, []],
      ['b', 150_000, ['low']],
      ['c', 50_000, ['low']],
      ['d', 100_000, ['low', 'exhausted']],
    ] as const) {
      const spending = await opened(await begin(id));
      await spending.settle({ used: { ...usage, microUsd }, reserved: 0 });
      await spending.warn();
      expect(warned()).toEqual(states);
    }
  });

  it('says in the log when it can’t be noted, and lets the gateway know', async () => {
    const spending = await opened(await begin('a'));
    await outbox.db.schema.alterTable('runs').renameTo('elsewhere').execute();
    await expect(spending.settle({ used: { ...usage, microUsd: 1 }, reserved: 0 })).rejects.toThrow();
    expect(outbox.logged.map(([event]) => event)).toContain('spending_not_noted');
  });
});
