/** Invariant 10 over several invocations of Workers, as `reservations.test.ts` has it over processes. */
import { monthOf } from '@tinyfat/core';
import { openDatabaseAgain } from '@tinyfat/testing/fresh-database';
import { openSentMail } from '@tinyfat/testing/sent-mail';
import { expect, it } from 'vitest';
import { monthSpent, setBudget } from './budgets.ts';
import { reserve } from './reservations.ts';

const OWNER = 'owner@example.com';

it('two invocations together reserve no more than the cap of their owner', async () => {
  const mails = await openSentMail();
  await setBudget(mails.db, { scope: 'owner', subject: OWNER, monthly_micro_usd: 200, updated_at: 7 });
  const month = monthOf(Date.parse('2026-11-15'));
  const granted = await Promise.all(
    ['scout', 'other'].map(async (agent) => {
      await mails.mail(agent, { agent_id: agent });
      const started_at = Date.parse('2026-11-02');
      await mails.db.updateTable('runs').set({ started_at }).where('id', '=', agent).execute();
      const db = await openDatabaseAgain(`${mails.folder}/tinyfat.sqlite`);
      const who = {
        run: { id: agent, attempt: 1 },
        agent: { id: agent, owner: OWNER },
        month,
        ownerDefault: null,
      };
      const wish = { more: 7, whole: 7, partly: false };
      const grants = await Promise.all(Array.from({ length: 30 }, () => reserve(db, who, wish)));
      await db.destroy();
      return grants.reduce((sum, grant) => sum + (grant.ok ? grant.microUsd : 0), 0);
    }),
  );
  expect(granted.reduce((sum, one) => sum + one, 0)).toBe(196);
  expect(await monthSpent(mails.db, 'owner', OWNER, month)).toEqual({ spent: 0, reserved: 196 });
  await mails.close();
});
