import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCommand } from './parse.ts';

const TEXT = 'Please look at this.';

describe('a command in the subject', () => {
  it.each([
    ['/clear', { name: 'clear' }],
    ['/STATUS', { name: 'status' }],
    ['  /help  ', { name: 'help', unknown: null, meant: null }],
    ['/resume', { name: 'resume', hash: null }],
    ['/resume 9F3a', { name: 'resume', hash: '9f3a' }],
    ['/resume #9f3a', { name: 'resume', hash: '9f3a' }],
    ['/resume [9f3a]', { name: 'resume', hash: '9f3a' }],
    ['/resume yesterday', { name: 'resume', hash: 'yesterday' }],
    [
      '/resume 01990000-0000-7000-8000-00000000abcd',
      { name: 'resume', hash: '01990000-0000-7000-8000-00000000abcd' },
    ],
    ['/model', { name: 'model', model: null }],
    ['/model opus', { name: 'model', model: 'opus' }],
    ['/Model   Claude-Haiku-4-5 ', { name: 'model', model: 'Claude-Haiku-4-5' }],
    ['/compact', { name: 'compact', focus: null }],
    ['/compact keep the  prices', { name: 'compact', focus: 'keep the  prices' }],
    ['Re: /clear', { name: 'clear' }],
    ['AW: Re[2]: /model opus', { name: 'model', model: 'opus' }],
    ['/stauts', { name: 'help', unknown: 'stauts', meant: '/status' }],
    ['/kompackt', { name: 'help', unknown: 'kompackt', meant: '/compact' }],
    ['/stat', { name: 'help', unknown: 'stat', meant: '/status' }],
    ['/nonsense', { name: 'help', unknown: 'nonsense', meant: null }],
    ['Re: /modle opus', { name: 'help', unknown: 'modle', meant: '/model opus' }],
  ])('%j in a mail without text', (subject, command) => {
    expect(findCommand(subject, '')).toEqual(command);
  });

  it('counts beside a text', () => {
    expect(findCommand('/status', TEXT)).toEqual({ name: 'status' });
  });

  it('counts beside a signature, which is no text', () => {
    expect(findCommand('/status', '\n-- \nAnn\nCorp')).toEqual({ name: 'status' });
  });

  it.each(['Re: /clear', 'AW: /model opus', 'SV: Re: /status'])(
    '%j does not count beside a text: it is an answer in the thread of a command',
    (subject) => {
      expect(findCommand(subject, TEXT)).toBeNull();
    },
  );
});

describe('a command in the text', () => {
  it.each([
    '/clear',
    '\n\n  /clear  \r\n',
    '\ufeff/clear',
    '\u200b /clear',
    '/clear\n-- \nAnn',
    '/clear\n\n--\nAnn',
    '/clear\nThen write a report.',
  ])('%j', (text) => {
    expect(findCommand('Hello', text)).toEqual({ name: 'clear' });
  });

  it('comes before the one in the subject', () => {
    expect(findCommand('Re: /model opus', '/model haiku')).toEqual({ name: 'model', model: 'haiku' });
  });

  it('takes its argument from its own line only', () => {
    expect(findCommand('', '/compact prices\nand dates')).toEqual({ name: 'compact', focus: 'prices' });
    expect(findCommand('', '/resume\r9f3a')).toEqual({ name: 'resume', hash: null });
  });

  it.each([
    ['/stauts', '/status'],
    ['/stauts\n-- \nAnn', '/status'],
    ['/stauts\nwhat is going on?', '/status'],
    ['/modle opus', '/model opus'],
    ['/Modell Claude-Opus-5\nand go on', '/model Claude-Opus-5'],
    ['/resum 9f3a', '/resume 9f3a'],
    ['/comapct keep the prices', '/compact keep the prices'],
  ])('%j is answered as a mistyped command, not given to the agent', (text, meant) => {
    expect(findCommand('Hello', text)).toMatchObject({ name: 'help', meant });
  });

  it('is known in a subject beside a text too, with one mistake in it', () => {
    expect(findCommand('/modle', TEXT)).toEqual({ name: 'help', unknown: 'modle', meant: '/model' });
    expect(findCommand('Re: /modle', TEXT)).toBeNull();
  });
});

describe('text for the agent', () => {
  it.each([
    ['/etc/passwd is broken', ''],
    ['/etc/passwd', ''],
    ['/usr is full', ''],
    ['/usr', 'It is full, please look.'],
    ['Hello', '/usr is full'],
    ['Hello', '/usr/bin'],
    ['Hello', 'Please /clear the table'],
    ['Hello', 'Dear Ann,\n/clear'],
    ['Hello', '> /clear'],
    ['Hello', '"/clear"'],
    ['Hello', './clear'],
    ['Hello', '//clear'],
    ['Hello', '/ clear'],
    ['Hello', '/clear the table please'],
    ['Hello', '/status of the order 17?'],
    ['Hello', '/help me with this'],
    ['Hello', '/resume the work of yesterday'],
    ['Hello', `/model ${'x'.repeat(101)}`],
    ['Hello', '/clear-all of it'],
    ['/etc/hosts is broken', ''],
    ['/r/linux', ''],
    ['Hello', '/data/x'],
    ['Hello', '/data\nholds nothing'],
    ['Hello', '/code\nplease read it'],
    ['/mode is wrong', ''],
    ['Hello', '/clean the table'],
    ['Hello', '/contact the customer'],
    ['/stats of the order 17?', ''],
    ['/kompackt', TEXT],
    ['/nonsense', TEXT],
    ['Hello', '/modle/opus'],
    ['Hello', `/modle ${'x'.repeat(101)}`],
    ['Fwd: /clear', ''],
    ['', ''],
    ['/', ''],
    ['-- \n/clear', ''],
    ['Hello', '-- \n/clear'],
  ])('%j with %j', (subject, text) => {
    expect(findCommand(subject, text)).toBeNull();
  });

  it('limits the focus of a compaction', () => {
    const found = findCommand('', `/compact ${'x'.repeat(5000)}`);
    expect(found).toEqual({ name: 'compact', focus: 'x'.repeat(1000) });
  });

  it('is whatever has no slash at the beginning of its subject or text', () => {
    const text = fc
      .string({ unit: 'binary' })
      .filter((value) => !/^[\s\u200b-\u200f\u2060\ufeff]*\//.test(value));
    fc.assert(
      fc.property(text, (value) => {
        expect(findCommand('Hello', value)).toBeNull();
      }),
    );
  });

  it('is read without failing, whatever it is', () => {
    const part = fc.string({ unit: fc.constantFrom(...'/clear model\n\r-:>\u200bRe') });
    fc.assert(
      fc.property(part, part, (subject, text) => {
        const found = findCommand(subject, text);
        if (found !== null) expect(`${subject}${text}`).toContain('/');
      }),
    );
  });
});

describe('what is not the sender’s own', () => {
  const own = { firstLineSeen: true, quotes: false, forwards: false };

  it('is no command where a reader does not see the line', () => {
    const hidden = { ...own, firstLineSeen: false };
    expect(findCommand('x', '/model opus', own)).not.toBeNull();
    expect(findCommand('x', '/model opus\nHi', hidden)).toBeNull();
    expect(findCommand('Re: /clear', '/model opus', hidden)).toBeNull();
    expect(findCommand('/status', '/model opus', hidden)).toEqual({ name: 'status' });
  });

  it('is no command in the subject of a mail that forwards another', () => {
    const forwards = { ...own, forwards: true };
    for (const subject of ['/model opus', 'Re: /model opus', 'Fwd: /model opus'])
      expect(findCommand(subject, '', forwards)).toBeNull();
    expect(findCommand('Fwd: x', '/status', forwards)).toEqual({ name: 'status' });
  });

  it('is no command in the subject of an answer that only quotes', () => {
    const quotes = { ...own, quotes: true };
    expect(findCommand('Re: /model opus', '', quotes)).toBeNull();
    expect(findCommand('/model opus', '', quotes)).toEqual({ name: 'model', model: 'opus' });
  });
});
