import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent, markAgentDeleted } from './agents.ts';
import { agentOverview } from './visible.ts';

const ANN = 'ann@example.com';
const OWNER = 'owner@example.com';

describe('agents at a glance', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
    await insertAgent(fixture.db, { id: 'clerk', name: 'clerk', owner: ANN, created_at: 1 }, []);
    await insertAgent(fixture.db, { id: 'older', name: 'older', owner: ANN, created_at: 1 }, []);
    await markAgentDeleted(fixture.db, 'older', 2);
  });
  afterEach(() => fixture.close());

  it('are those of one owner, or all, without deleted ones', async () => {
    const names = async (sight: Parameters<typeof agentOverview>[1]) =>
      (await agentOverview(fixture.db, sight, 10)).agents.map(({ name }) => name);
    expect(await names({ owner: ANN })).toEqual(['clerk']);
    expect(await names({ owner: 'nobody@example.com' })).toEqual([]);
    expect(await names('all')).toEqual(['clerk', 'other', 'scout']);
    expect(await agentOverview(fixture.db, 'all', 1)).toMatchObject({
      agents: [{ name: 'clerk' }],
      total: 3,
    });
  });

  it('show when mail came last, and what waits in quarantine and for approval', async () => {
    await fixture.mail('one', { received_at: 100 });
    await fixture.mail('two', { received_at: 300, state: 'quarantined' });
    await fixture.mail('three', { received_at: 200, state: 'over_limit' });
    await fixture.mail('refused', { received_at: 250, state: 'refused' });
    await fixture.mail('elsewhere', { agent_id: 'other', received_at: 900, state: 'quarantined' });
    await fixture.delivery('one', { state: 'awaiting_approval' });
    await fixture.delivery('one', { state: 'sent' });
    const { agents } = await agentOverview(fixture.db, { owner: OWNER }, 10);
    expect(agents).toEqual([
      { name: 'other', owner: OWNER, lastMailAt: 900, mailsWaiting: 1, deliveriesAwaitingApproval: 0 },
      { name: 'scout', owner: OWNER, lastMailAt: 300, mailsWaiting: 2, deliveriesAwaitingApproval: 1 },
    ]);
  });
});
