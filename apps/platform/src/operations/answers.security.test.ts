/** Who may read the metrics. */
import { expect, it } from 'vitest';
import { metricsAnswer } from './answers.ts';

const TOKEN = 'a-token-of-thirty-characters-0';

async function statusFor(
  metricsToken: string | null,
  local: boolean,
  authorization?: string,
): Promise<number> {
  const metrics = { contentType: 'text/plain', render: async () => 'tinyfat_jobs_ready 1\n' };
  const answer = await metricsAnswer(
    { checks: {}, warnings: {}, metrics, metricsToken },
    { clientAddress: '192.0.2.1', local },
    new Headers(authorization === undefined ? {} : { authorization }),
  );
  return answer.status;
}

it('shows them to programs on this machine, and elsewhere to the token alone', async () => {
  expect(await statusFor(null, true)).toBe(200);
  expect(await statusFor(TOKEN, false, `Bearer ${TOKEN}`)).toBe(200);
  expect(await statusFor(TOKEN, false)).toBe(404);
  expect(await statusFor(TOKEN, false, `Bearer ${TOKEN}0`)).toBe(404);
  expect(await statusFor(TOKEN, false, `Basic ${TOKEN}`)).toBe(404);
});

it('shows them to nobody elsewhere where no token is set, whatever is sent', async () => {
  for (const sent of ['Bearer null', 'Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
    expect(await statusFor(null, false, sent)).toBe(404);
  }
});
