/** Invariant 10 over several processes: the runs of one owner never reserve more than the cap together. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { monthOf } from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { monthSpent, setBudget } from './budgets.ts';

const RESERVE = fileURLToPath(new URL('./test-support/reserve.ts', import.meta.url));
const OWNER = 'owner@example.com';

let mails: SentMail;
beforeEach(async () => {
  mails = await openSentMail();
});
afterEach(() => mails.close());

/** A process that reserves for a run of an agent; `go` resolves with what it was granted, micro-dollars. */
async function reserver(run: string, agent: string) {
  const path = join(mails.folder, 'tinyfat.sqlite');
  const child = spawn(process.execPath, [RESERVE, path, run, agent, OWNER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.write('go\n');
    await once(child, 'close');
    return Number(printed.replace('ready\n', ''));
  };
}

it('two processes together reserve no more than the cap of their owner', async () => {
  await setBudget(mails.db, { scope: 'owner', subject: OWNER, monthly_micro_usd: 200, updated_at: 7 });
  for (const [id, agent_id] of [
    ['a', 'scout'],
    ['b', 'other'],
  ] as const) {
    await mails.mail(id, { agent_id });
    const started_at = Date.parse('2026-11-02');
    await mails.db.updateTable('runs').set({ started_at }).where('id', '=', id).execute();
  }
  const processes = await Promise.all([reserver('a', 'scout'), reserver('b', 'other')]);
  const granted = await Promise.all(processes.map((go) => go()));
  expect(granted.reduce((sum, one) => sum + one, 0)).toBe(196);
  const used = await monthSpent(mails.db, 'owner', OWNER, monthOf(Date.parse('2026-11-15')));
  expect(used).toEqual({ spent: 0, reserved: 196 });
});
