import { type AdmissionCode, smtpReply } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { howToBeLetIn } from './how-to-be-let-in.ts';

const hint = (code: AdmissionCode, to = 'scout@example.org') => {
  const { code: number, enhanced, text } = smtpReply(code);
  const answer = `Message failed: ${number} ${enhanced} ${text}`;
  return howToBeLetIn(answer, { to, from: 'ann@example.net' });
};

describe('a mail of a command that was refused', () => {
  it('is let in by an entry on the list of the agent', () => {
    for (const to of ['scout@example.org', 'scout+tag@example.org']) {
      expect(hint('not_allowed', to)).toBe('Let them in: tinyfat allow add scout ann@example.net');
    }
  });

  it.each(['unauthenticated', 'dmarc_failed', 'no_policy_no_signature'] as const)(
    'is let in from a trusted client where nothing proves it: %s',
    (code) => expect(hint(code)).toContain("TRUSTED_CLIENTS='127.0.0.0/8,::1/128'"),
  );

  it('goes to an agent that there is', () => {
    expect(hint('unknown_recipient')).toContain('tinyfat agent list');
    expect(hint('not_our_domain')).toContain('tinyfat agent list');
  });

  it('needs no more words where the answer says enough', () => {
    expect(hint('too_large')).toBeNull();
    expect(hint('mailbox_full')).toBeNull();
  });
});
