/** What a running server finds when it looks at itself, as the page of health shows it. */
import { insertAgent } from '@tinyfat/database';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookAround } from './server-checks.ts';
import { configOf } from './test-support/look.ts';

let fixture: SentMail;
beforeEach(async () => {
  fixture = await openSentMail();
});
afterEach(() => fixture.close());

it('has the checks of doctor but those of what the server holds open, once within some seconds', async () => {
  const { db } = fixture;
  let now = 10_000;
  const config = configOf({ ADMIN_EMAILS: 'root@example.com' });
  const look = lookAround({ config, db, clock: () => now });
  const found = async (check: string) => (await look(false)).find((one) => one.check === check)?.found;
  const checks = new Set((await look(false)).map(({ check }) => check));
  for (const check of [
    ...[
      'node',
      'build',
      'agent tools',
      'data folder',
      'disk',
     
      'certificate',
      'mail domain',
      'mail out',
    ],
    ...['deliveries', 'webhooks', 'model', 'accounts', 'settings'],
  ])
    expect(checks).toContain(check);
  const before = await found('accounts');
  expect(before).toMatch(/^1 admin, 1 owner of agents can sign in/);
  await insertAgent(db, { id: 'anns', name: 'anns', owner: 'ann@example.com', created_at: 1 }, []);
  expect(await found('accounts')).toBe(before);
  now += 5000;
  expect(await found('accounts')).toContain('2 owners of agents');
});
