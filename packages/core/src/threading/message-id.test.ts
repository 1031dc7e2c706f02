import { describe, expect, it } from 'vitest';
import { messageIdField, newMessageId, parseMessageId, parseMessageIds } from './message-id.ts';

describe('parseMessageId', () => {
  it.each([
    ['<a@b>', '<a@b>'],
    [' <a@b> ', '<a@b>'],
    ['a@b', '<a@b>'],
    ['<CAF=x_y+z$1.2@mail.gmail.com>', '<CAF=x_y+z$1.2@mail.gmail.com>'],
    ['<x@[192.0.2.1]>', '<x@[192.0.2.1]>'],
    [`<${'a'.repeat(400)}@b>`, `<${'a'.repeat(400)}@b>`],
    [`<${'a'.repeat(846)}@b>`, `<${'a'.repeat(846)}@b>`],
  ])('reads %j', (text, id) => {
    expect(parseMessageId(text)).toBe(id);
  });

  it.each([
    '',
    '<>',
    '<@>',
    '<a@>',
    '<@b>',
    '<a>',
    '<a@b@c>',
    '<a b@c>',
    '<a@b',
    '<a@b>x',
    '<a@b><c@d>',
    '<a\r\n@b>',
    '<a@b>\r\nBcc: x@y.example',
    '<ä@b>',
    '<a\u0000@b>',
    `<${'a'.repeat(847)}@b>`,
  ])('refuses %j', (text) => {
    expect(parseMessageId(text)).toBeNull();
  });
});

describe('parseMessageIds', () => {
  it.each([
    ['<a@b> <c@d>', ['<a@b>', '<c@d>']],
    ['<a@b>\r\n\t<c@d>', ['<a@b>', '<c@d>']],
    ['<a@b><c@d>', ['<a@b>', '<c@d>']],
    ['foo <a@b> <a@b> <no-at> <x@y z> <ok@z>\r\nBcc: x', ['<a@b>', '<ok@z>']],
    ['', []],
    ['nothing', []],
  ])('finds those in %j', (text, ids) => {
    expect(parseMessageIds(text)).toEqual(ids);
  });

  it('reads a megabyte of brackets', () => {
    expect(parseMessageIds('<'.repeat(1_000_000))).toEqual([]);
    expect(parseMessageIds('<a@'.repeat(300_000))).toEqual([]);
  });
});

describe('messageIdField', () => {
  it.each([
    ['<a@b>', ['<a@b>']],
    ['a@b', ['<a@b>']],
    [' a@b c@d\r\n e@f ', ['<a@b>', '<c@d>', '<e@f>']],
    ['a@b, c@d', ['<a@b>', '<c@d>']],
    ['<a@b> (yours) c@d', ['<a@b>']],
    ['Your message of Monday <a@b>', ['<a@b>']],
    ['Your message of Monday to ann@example.com', []],
    ['no brackets', []],
    ['a@b\r\nBcc: x@y', []],
    ['', []],
  ])('reads %j', (field, ids) => {
    expect(messageIdField(field)).toEqual(ids);
  });
});

it('newMessageId gives an id that is read as one', () => {
  const id = newMessageId('01990000-0000-7000-8000-00000000abcd', 'agents.example');
  expect(id).toBe('<01990000-0000-7000-8000-00000000abcd@agents.example>');
  expect(parseMessageId(id)).toBe(id);
});
