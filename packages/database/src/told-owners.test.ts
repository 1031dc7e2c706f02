import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wasToldOf } from './deliveries.ts';

const DAY = 86_400_000;
const owner = 'owner@example.com';
const code = 'llm_billing';
const now = Date.UTC(2026, 10, 28);

describe('an owner', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
    await fixture.mail('a', { agent_id: 'other' });
    await fixture.db
      .updateTable('runs')
      .set({ status: 'failed', error_code: code, started_at: now - 60_000 })
      .where('id', '=', 'a')
      .execute();
    const agent_id = 'other';
    await fixture.delivery('a', { agent_id, kind: 'error', recipients: `["${owner}"]`, created_at: now });
  });
  afterEach(() => fixture.close());

  it('was told of a code about any of their agents within the time', async () => {
    expect(await wasToldOf(fixture.db, { owner, code, since: now - DAY })).toBe(true);
    expect(await wasToldOf(fixture.db, { owner, code, since: now + 1 })).toBe(false);
  });

  it('was not told of another code, nor by what others got', async () => {
    const since = now - DAY;
    expect(await wasToldOf(fixture.db, { owner, code: 'budget_exhausted', since })).toBe(false);
    expect(await wasToldOf(fixture.db, { owner: 'ann@example.com', code, since })).toBe(false);
    await fixture.db.updateTable('deliveries').set({ recipients: '["ann@example.com"]' }).execute();
    expect(await wasToldOf(fixture.db, { owner, code, since })).toBe(false);
  });

  it('was not told by a mail of the agent', async () => {
    await fixture.db.updateTable('deliveries').set({ kind: 'reply' }).execute();
    expect(await wasToldOf(fixture.db, { owner, code, since: now - DAY })).toBe(false);
  });
});
