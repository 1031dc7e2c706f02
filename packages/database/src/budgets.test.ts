import { monthOf } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent, markAgentDeleted } from './agents.ts';
import { budgetOf, budgetsNearlySpent, capsOf, monthSpent, removeBudget, setBudget } from './budgets.ts';
import { noteSpending, reserve } from './reservations.ts';
import { addUsage, endRun, startRun } from './runs.ts';
import type { Database } from './schema/index.ts';

const NOVEMBER = monthOf(Date.parse('2026-11-15'));
const OWNER = 'owner@example.com';
const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, requests: 0 };

describe('budgets', () => {
  let mails: SentMail;
  let db: Database;
  beforeEach(async () => {
    mails = await openSentMail();
    db = mails.db;
  });
  afterEach(() => mails.close());
  /** A run of an agent, started then, that has cost so much. */
  const run = async (id: string, at: string, costUsd: number, agent = 'scout') => {
    await mails.mail(id, { agent_id: agent });
    await db
      .updateTable('runs')
      .set({ started_at: Date.parse(at) })
      .where('id', '=', id)
      .execute();
    await addUsage(db, id, { ...none, costUsd });
  };
  const budget = (scope: 'agent' | 'owner', subject: string, monthly_micro_usd: number) =>
    setBudget(db, { scope, subject, monthly_micro_usd, updated_at: 7 });

  it('are set, replaced and removed', async () => {
    await budget('agent', 'scout', 5);
    await budget('agent', 'scout', 6);
    await budget('owner', OWNER, 9);
    expect(await budgetOf(db, 'agent', 'scout')).toEqual({
      scope: 'agent',
      subject: 'scout',
      monthly_micro_usd: 6,
      updated_at: 7,
    });
    expect(await budgetOf(db, 'owner', 'scout')).toBeUndefined();
    expect(await removeBudget(db, 'agent', 'scout')).toBe(true);
    expect(await removeBudget(db, 'agent', 'scout')).toBe(false);
  });

  it('count the runs that started in the month, whenever they end', async () => {
    await run('before', '2026-10-31T23:59:59.999Z', 1);
    await run('first', '2026-11-01T00:00:00Z', 0.1);
    await run('last', '2026-11-30T23:59:59.999Z', 0.2);
    await run('after', '2026-12-01T00:00:00Z', 1);
    expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toEqual({ spent: 300_000, reserved: 0 });
  });

  it('are found once most of the month is spent, of those who are seen', async () => {
    await insertAgent(db, { id: 'foreign', name: 'foreign', owner: 'eve@example.com', created_at: 1 }, []);
    await run('a', '2026-11-02T01:00:00Z', 0.08);
    await run('b', '2026-11-30T23:00:00Z', 0.08, 'other');
    await run('c', '2026-10-31T23:00:00Z', 9);
    await run('d', '2026-11-02T01:00:00Z', 0.08, 'foreign');
    await budget('agent', 'scout', 100_000);
    await budget('agent', 'other', 100_001);
    await budget('agent', 'foreign', 10_000);
    await budget('owner', OWNER, 200_000);
    await budget('owner', 'eve@example.com', 0);
    const found = async (sight: Parameters<typeof budgetsNearlySpent>[1], limit = 10) =>
      (await budgetsNearlySpent(db, sight, { month: NOVEMBER, percent: 80, limit })).map(
        ({ scope, subject, name, owner }) => [scope, subject, name, owner],
      );
    const own = [
      ['agent', 'scout', 'scout', OWNER],
      ['owner', OWNER, null, null],
    ];
    expect(await found({ owner: OWNER })).toEqual(own);
    expect(await found('all')).toEqual([['agent', 'foreign', 'foreign', 'eve@example.com'], ...own]);
    expect(await found('all', 1)).toHaveLength(1);
    await markAgentDeleted(db, 'scout', 2);
    // What a deleted agent has spent counts for its owner.
    expect(await found({ owner: OWNER })).toEqual(own.slice(1));
  });

  it('of an owner count all of their agents, deleted ones too, and nobody else’s', async () => {
    await insertAgent(db, { id: 'foreign', name: 'foreign', owner: 'eve@example.com', created_at: 1 }, []);
    await run('a', '2026-11-02', 0.1);
    await run('b', '2026-11-03', 0.2, 'other');
    await run('c', '2026-11-04', 5, 'foreign');
    await markAgentDeleted(db, 'other', 9);
    expect(await monthSpent(db, 'owner', OWNER, NOVEMBER)).toMatchObject({ spent: 300_000 });
    expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toMatchObject({ spent: 100_000 });
  });

  it('bind by what was set, and owners without one by the default', async () => {
    const agent = { id: 'scout', owner: OWNER };
    expect(await capsOf(db, agent, NOVEMBER, null)).toEqual([]);
    expect(await capsOf(db, agent, NOVEMBER, 50)).toMatchObject([{ scope: 'owner', monthly: 50 }]);
    await budget('owner', OWNER, 0);
    await budget('agent', 'scout', 5);
    expect(await capsOf(db, agent, NOVEMBER, 50)).toMatchObject([
      { scope: 'agent', monthly: 5 },
      { scope: 'owner', monthly: 0 },
    ]);
  });

  describe('setting money aside', () => {
    const who = (id: string, agent = 'scout', attempt = 1) => ({
      run: { id, attempt },
      agent: { id: agent, owner: OWNER },
      month: NOVEMBER,
      ownerDefault: null,
    });

    const ask = (whose: ReturnType<typeof who>, more: number, partly: boolean) =>
      reserve(db, whose, { more, whole: more, partly });

    it('never gives two runs the same dollar, however many ask at once', async () => {
      await budget('owner', OWNER, 100);
      await run('a', '2026-11-02', 0);
      await run('b', '2026-11-02', 0, 'other');
      const grants = await Promise.all(
        Array.from({ length: 40 }, (_, index) => ask(index % 2 ? who('a') : who('b', 'other'), 7, false)),
      );
      expect(grants.filter(({ ok }) => ok)).toHaveLength(14);
      expect(grants.filter((grant) => !grant.ok && grant.held)).toHaveLength(26);
      expect(await monthSpent(db, 'owner', OWNER, NOVEMBER)).toEqual({ spent: 0, reserved: 98 });
      expect(await ask(who('a'), 7, true)).toEqual({ ok: true, microUsd: 2 });
    });

    it('moves from set aside to spent in one step, and is free again at the end of the run', async () => {
      await budget('agent', 'scout', 100);
      await run('a', '2026-11-02', 0);
      await ask(who('a'), 80, false);
      await noteSpending(db, { id: 'a', attempt: 1 }, { used: { ...none, costUsd: 30e-6 }, reserved: 50 });
      expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toEqual({ spent: 30, reserved: 50 });
      await endRun(db, 'a', { status: 'done', finished_at: 5 });
      expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toEqual({ spent: 30, reserved: 0 });
    });

    it('begins anew with the next attempt; the one before changes no reservation any more, but its cost counts', async () => {
      await budget('agent', 'scout', 100);
      await run('a', '2026-11-02', 0);
      await ask(who('a'), 80, false);
      const again = { id: 'x', jobId: 'a', agentId: 'scout', mailId: 'a', command: null, at: 9 };
      await startRun(db, { ...again, kind: 'turn' });
      expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toEqual({ spent: 0, reserved: 0 });
      await ask(who('a', 'scout', 2), 60, false);
      await expect(ask(who('a'), 1, false)).rejects.toThrow('attempt 1');
      await noteSpending(db, { id: 'a', attempt: 1 }, { used: { ...none, costUsd: 10e-6 }, reserved: 0 });
      expect(await monthSpent(db, 'agent', 'scout', NOVEMBER)).toEqual({ spent: 10, reserved: 60 });
    });
  });
});
