import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../admission/canonical-address.ts';
import { sessionScopeKey } from './scope.ts';

function sender(text: string) {
  const address = canonicalAddress(text);
  if (!address.ok) throw new Error(address.reason);
  return address;
}
const mail = {
  sender: sender('Ceo+x@corp.example'),
  messageId: '<3@x>',
  inReplyTo: '<2@x>',
  references: ['<1@x>', '<2@x>'],
  fallback: 'mail-1',
};

describe('sessionScopeKey', () => {
  it('is one for the agent', () => {
    expect(sessionScopeKey('agent', mail)).toBe('agent');
  });

  it('is one for each sender, whatever tag is used', () => {
    expect(sessionScopeKey('sender', mail)).toBe('sender:ceo@corp.example');
    expect(sessionScopeKey('sender', { ...mail, sender: sender('cfo@corp.example') })).toBe(
      'sender:cfo@corp.example',
    );
  });

  it.each([
    ['References', mail, 'thread:<1@x>'],
    ['In-Reply-To', { ...mail, references: [] }, 'thread:<2@x>'],
    ['its own id', { ...mail, references: [], inReplyTo: null }, 'thread:<3@x>'],
    ['the fallback', { ...mail, references: [], inReplyTo: null, messageId: null }, 'thread:mail-1'],
    ['the next one after a malformed id', { ...mail, references: ['x y', '<2@x>'] }, 'thread:<2@x>'],
  ])('is one for each thread, named by %s', (_what, which, key) => {
    expect(sessionScopeKey('thread', which)).toBe(key);
  });

  it('is the same for all mails of a thread', () => {
    const first = sessionScopeKey('thread', { ...mail, messageId: '<1@x>', inReplyTo: null, references: [] });
    const second = sessionScopeKey('thread', {
      ...mail,
      messageId: '<2@x>',
      inReplyTo: '<1@x>',
      references: [],
    });
    expect(new Set([first, second, sessionScopeKey('thread', mail)]).size).toBe(1);
  });
});
