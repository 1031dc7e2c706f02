import { describe, expect, it } from 'vitest';
import { agentName, agentRecipient } from './recipient.ts';

const DOMAIN = 'agents.example';

describe('agentRecipient', () => {
  it.each([
    ['ann@agents.example', 'ann', null],
    ['Ann.Lee@AGENTS.example', 'ann.lee', null],
    ['ann+token@agents.example', 'ann', 'token'],
    ['ann+a+b@agents.example', 'ann', 'a+b'],
  ])('reads %s', (recipient, agent, tag) => {
    expect(agentRecipient(recipient, DOMAIN)).toEqual({ ok: true, agent, tag });
  });

  it('takes the mail domain in either spelling', () => {
    expect(agentRecipient('ann@xn--mnchen-3ya.example', 'münchen.example')).toMatchObject({
      ok: true,
      agent: 'ann',
    });
  });

  it.each([
    ['ann@other.example', 'not_our_domain'],
    ['ann@a.agents.example', 'not_our_domain'],
    ['ann@agents.example.evil.example', 'not_our_domain'],
    ['ann@evilagents.example', 'not_our_domain'],
    ['postmaster@agents.example', 'reserved_recipient'],
    ['Postmaster', 'reserved_recipient'],
    ['mailer-daemon+x@agents.example', 'reserved_recipient'],
    ['-ann@agents.example', 'unknown_recipient'],
    ['ann%other.example@agents.example', 'unknown_recipient'],
    ['../ann@agents.example', 'bad_recipient'],
    ['анна@agents.example', 'unknown_recipient'],
    ['"ann"@agents.example', 'bad_recipient'],
    ['@agents.example', 'bad_recipient'],
    ['ann', 'bad_recipient'],
    ['', 'bad_recipient'],
    ['ann@agents.example\r\nRCPT TO:<x@y.example>', 'bad_recipient'],
  ])('refuses %j as %s', (recipient, code) => {
    expect(agentRecipient(recipient, DOMAIN)).toMatchObject({ ok: false, code });
  });
});

describe('agentName', () => {
  it.each(['a', '7', 'ann', 'ann-lee', 'ann_lee', 'a.b', 'support', 'a'.repeat(64)])('takes %s', (name) => {
    expect(agentName(name)).toEqual({ ok: true, name });
  });

  it('folds case', () => {
    expect(agentName('Ann')).toEqual({ ok: true, name: 'ann' });
  });

  it.each([
    '',
    '-a',
    'a-',
    '.a',
    'a.',
    '_a',
    'a..b',
    'a b',
    'a/b',
    '..',
    'a+b',
    'a@b',
    'ä',
    'a\n',
    'a\u0000',
    '\u212aen',
    'a'.repeat(65),
    'postmaster',
    'Admin',
    'mailer-daemon',
    'abuse',
    'hostmaster',
    'webmaster',
    'administrator',
    'root',
  ])('refuses %j', (name) => {
    expect(agentName(name)).toMatchObject({ ok: false });
  });
});
