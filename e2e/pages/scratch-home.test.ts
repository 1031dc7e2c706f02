import { afterAll, beforeAll, it } from 'vitest';
import { screenshot } from '../support/browser.ts';
import { type Dashboard, expectReadable, openDashboard } from '../support/dashboard.ts';
import { openDatabaseOf } from '../support/engine.ts';
import { mailRow } from '@tinyfat/testing/sent-mail';

let board: Dashboard;
beforeAll(async () => {
  board = await openDashboard({ agents: { scout: [], clerk: [] } });
});
afterAll(() => board.dispose());
it('looks', async () => {
  const db = await openDatabaseOf(board.server);
  const agents = await db.selectFrom('agents').selectAll().execute();
  const scout = agents.find((a) => a.name === 'scout')!;
  let n = 0;
  const now = Date.now();
  const mail = async (more: object) => {
    n++;
    const id = `0199aaaa-0000-7000-8000-00000000000${n}`;
    await db.insertInto('mails').values({ ...mailRow(id), agent_id: scout.id, received_at: now - n * 900000, message_id: `<${n}@x>`, sender_base: `x${n}@x`, ...more }).execute();
    return id;
  };
  const m1 = await mail({ subject: 'Quarterly numbers for the board', sender: 'ann.longname@department.example.org' });
  await mail({ subject: 'Invoice 2044, second reminder', state: 'quarantined', verdict: 'quarantined', reason_code: 'not_addressed', reason: 'The agent is not named in To or Cc, so this may be a copy.', sender: 'billing@vendor.example' });
  await mail({ subject: 'Newsletter', state: 'refused', verdict: 'refused', reason_code: 'sender_not_allowed', reason: 'Not on the list.', sender: 'news@example.net' });
  await db.insertInto('jobs').values({ id: 'j1', agent_id: scout.id, mail_id: m1, state: 'failed', run_at: 1, attempts: 3, max_attempts: 3, fence: 1, created_at: 1 }).execute();
  await db.insertInto('runs').values({ id: 'r1', job_id: 'j1', agent_id: scout.id, mail_id: m1, kind: 'turn', command: null, attempt: 3, status: 'failed', input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0, cost_usd: 0.0345, llm_requests: 1, started_at: now - 60000, finished_at: now - 30000, error_code: 'turn_timeout' }).execute();
  const d = async (more: object) => {
    n++;
    await db.insertInto('deliveries').values({ id: `d${n}`, agent_id: scout.id, mail_id: m1, run_id: 'r1', kind: 'reply', envelope_sender: '', recipients: '["ann.longname@department.example.org"]', subject: 'Re: Quarterly numbers for the board', message_id: `<d${n}>`, raw_key: 'x', state: 'sent', attempts: 1, next_attempt_at: 1, created_at: now - 50000, filed: 1, ...more }).execute();
  };
  await d({ state: 'awaiting_approval', reason_code: 'recipients_not_allowed', recipients: '["stranger@example.com"]', reason: 'stranger@example.com is not among those who may write.' });
  await d({ state: 'failed', reason_code: 'delivery_failed', reason: '550 no such user' });
  await d({ state: 'uncertain', reason_code: 'delivery_uncertain' });
  await db.destroy();
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1440, 390])
      await board.visit(async (page) => {
        await page.goto('/');
        await screenshot(page, `home-${colorScheme}-${width}`);
        await expectReadable(page);
      }, { colorScheme, width });
}, 60000);
