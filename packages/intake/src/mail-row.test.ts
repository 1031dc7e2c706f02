import { canonicalAddress, type MailSummary } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { otherPeople } from './mail-row.ts';

const agentBase = 'scout@agents.example';
const mailboxes = (...addresses: string[]) => addresses.map((address) => ({ address, name: 'x' }));

async function others(to: string[], cc: string[] = []): Promise<string[]> {
  const sender = canonicalAddress('owner+work@example.com');
  if (!sender.ok) throw new Error(sender.reason);
  const summary: MailSummary = {
    from: { ok: true, address: 'owner+work@example.com', name: '' },
    to: mailboxes(...to),
    cc: mailboxes(...cc),
    fieldCounts: { to: 1, cc: 1, date: 1 },
    subject: '',
    date: null,
    messageId: null,
    inReplyTo: null,
    references: [],
    automatic: [],
    perhapsAutomatic: [],
  };
  return await otherPeople(summary, { sender, agentBase }, async (base) => base === 'ops@agents.example');
}

describe('the other people on a mail', () => {
  it('are those of To and Cc in their one form, each once', async () => {
    const to = ['Scout+x@Agents.example', 'Bob@Example.COM', 'bob@example.com'];
    expect(await others(to, ['carol@example.com'])).toEqual(['bob@example.com', 'carol@example.com']);
  });

  it('are neither the sender under any tag nor agents of ours', async () => {
    const to = ['scout@agents.example', 'owner@example.com', 'ops+t@agents.example', 'bob@example.com'];
    expect(await others(to)).toEqual(['bob@example.com']);
  });

  it('are nobody when the agent was on Bcc: an answer to all would show it', async () => {
    expect(await others(['bob@example.com'])).toEqual([]);
  });

  it.each([
    ['an address that can be read in two ways', ['scout@agents.example', '"bob@example.com"@evil.example']],
    ['an empty address', ['scout@agents.example', '']],
    [
      'more people than a conversation has',
      [agentBase, ...Array.from({ length: 31 }, (_, i) => `p${i}@x.example`)],
    ],
  ])('are nobody with %s', async (_what, to) => {
    expect(await others([...to, 'bob@example.com'])).toEqual([]);
  });
});
