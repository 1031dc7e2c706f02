import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastTurnCosts } from './turn-costs.ts';

describe('what the last turns of an agent cost', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
  });
  afterEach(() => fixture.close());

  async function run(id: string, change: object, agent_id = 'scout') {
    await fixture.mail(id, { agent_id });
    const values = { status: 'done' as const, model: 'haiku', cost_usd: 0.1, ...change };
    await fixture.db.updateTable('runs').set(values).where('id', '=', id).execute();
  }

  it('are those of its last twenty at each model, the newest first', async () => {
    for (let at = 1; at <= 25; at++) await run(`r${at}`, { started_at: at, cost_usd: at });
    await run('opus', { model: 'opus', started_at: 1, cost_usd: 2.5 });
    const costs = await lastTurnCosts(fixture.db, 'scout', ['haiku', 'opus', 'sonnet']);
    expect([...costs.keys()]).toEqual(['haiku', 'opus']);
    expect(costs.get('haiku')).toEqual(Array.from({ length: 20 }, (_, index) => 25 - index));
    expect(costs.get('opus')).toEqual([2.5]);
    expect(await lastTurnCosts(fixture.db, 'scout', [])).toEqual(new Map());
  });

  it('are not those of other agents, of commands, or of turns that failed or run', async () => {
    await run('other', {}, 'other');
    await run('command', { kind: 'command' });
    await run('failed', { status: 'failed' });
    await run('running', { status: 'running' });
    expect(await lastTurnCosts(fixture.db, 'scout', ['haiku'])).toEqual(new Map());
  });
});
