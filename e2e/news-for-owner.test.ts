/** What only the owner can mend is told to the owner too, whoever ran into it: once a day, for all of their agents. */

import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { header, sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const text = '[[status: 400 Your credit balance is too low to access the Anthropic API.]]';

describe('an account without credit', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'sk-secret', ANTHROPIC_BASE_URL: model.url },
      agents: { scout: ['@example.net'], second: ['@example.net'] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.close();
  });
  const write = (from: string, agent = 'scout') =>
    sendMail(server, { from, to: `${agent}@tinyfat.localhost`, subject: 'Hello', text });
  const toOwner = async (count: number) =>
    (await server.answers(count)).filter((mail) => mail.to?.[0]?.address === 'owner@example.com');

  it('is told to its owner when somebody else runs into it, in a thread of its own', async () => {
    await write('ann@example.net');
    const [mail, ...others] = await toOwner(2);
    expect(others).toEqual([]);
    expect(mail?.subject).toMatch(/^scout: The account at the model provider has no credit left/);
    expect(mail?.text).toContain('ann@example.net wrote to scout@tinyfat.localhost, and got no answer.');
    expect(mail?.text).toContain('billing page');
    expect(mail?.text).not.toContain('sk-secret');
    expect(mail?.inReplyTo).toBeUndefined();
    expect(mail && header(mail, 'auto-submitted')).toBe('auto-generated');
  });

  it('is not told again that day: not for another sender, another agent, or the owner’s own mail', async () => {
    await write('bob@example.net');
    await write('bob@example.net', 'second');
    await server.answers(4);
    await write('owner@example.com');
    const mails = await toOwner(5);
    // The second is the answer to what the owner wrote.
    expect(mails.map((mail) => mail.subject)).toEqual([expect.stringMatching(/^scout: /), 'Re: Hello']);
  });
});
