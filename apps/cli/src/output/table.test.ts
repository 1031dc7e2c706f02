import { afterEach, describe, expect, it, vi } from 'vitest';
import { shortIds } from './short-id.ts';
import { type Listing, printTable, tableLines } from './table.ts';
import { cutTo, printJson, time, wrap } from './text.ts';

/** What moves the cursor, or turns the text around. */
const STEERING = 'a\u001b[2J\u007f\u009b31m\u202eb\u2066c\u2028d';

interface Row {
  id: string;
  subject: string;
  reason: string | null;
}
const listing: Listing<Row> = {
  columns: [
    { head: 'id', cell: ({ id }) => id },
    { head: 'subject', cell: ({ subject }) => subject, least: 10 },
    { head: 'state', cell: () => 'sent' },
  ],
  note: ({ reason }) => reason,
  empty: 'Nothing.',
};
const row = (subject: string, reason: string | null = null): Row => ({ id: '1234', subject, reason });

describe('a table', () => {
  it('shows all of it where nobody bounds it', () => {
    const long = 'x'.repeat(200);
    expect(tableLines([row(long, `because ${long}`)], listing, null)).toEqual([
      `ID    ${'SUBJECT'.padEnd(200)}  STATE`,
      `1234  ${long}  sent`,
      `    because ${long}`,
    ]);
  });

  it('fits the terminal: what may be cut is cut, reasons are wrapped whole', () => {
    const reason = 'the relay said 535 authentication failed, it is tried again in four minutes';
    const lines = tableLines(
      [row('A subject that is rather long for this', reason), row('短い件名です、とても長いので切られます')],
      listing,
      40,
    );
    expect(lines).toEqual([
      'ID    SUBJECT                      STATE',
      '1234  A subject that is rather l…  sent',
      '    the relay said 535 authentication',
      '    failed, it is tried again in four',
      '    minutes',
      '1234  短い件名です、とても長いの…  sent',
    ]);
  });

  it('cuts nothing below what a column needs, and says when it is empty', () => {
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(tableLines([row('A subject that is long')], listing, 10)[1]).toBe('1234  A subject…  sent');
    printTable([], listing, false);
    expect(printed.mock.calls).toEqual([['Nothing.']]);
    printed.mockRestore();
  });

  it('steers no terminal', () => {
    expect(tableLines([row(STEERING, STEERING)], listing, null).slice(1)).toEqual([
      '1234  a [2J 31m b c d  sent',
      '    a [2J 31m b c d',
    ]);
  });
});

describe('JSON', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is the same for a program, and steers no terminal', () => {
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    printJson([{ subject: STEERING }]);
    const text = printed.mock.calls.map(([line]) => line).join('\n');
    expect(JSON.parse(text)).toEqual([{ subject: STEERING }]);
    expect(text.replace(/\n/g, '')).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('text for a terminal', () => {
  it('has times in one form, whatever they come as', () => {
    expect(time(1000)).toBe('1970-01-01 00:00');
    expect(time('1970-01-01T00:00:01.000Z')).toBe('1970-01-01 00:00');
    expect(time(null)).toBe('-');
  });

  it('is cut by what it takes on the terminal, not by its code units', () => {
    expect(cutTo('件名件名', 5)).toBe('件名…');
    expect(cutTo('👩‍👩‍👧 family', 4)).toBe('👩‍👩‍👧 …');
    expect(cutTo('short', 5)).toBe('short');
  });

  it('is wrapped between words', () => {
    expect(wrap('one two  three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a-word-that-is-too-long b', 5)).toEqual(['a-word-that-is-too-long', 'b']);
    expect(wrap('', 5)).toEqual([]);
  });
});

describe('short ids', () => {
  it('are the shortest beginnings that tell them apart, of 13 characters or more', () => {
    const ids = [
      '019ac8f2-51d3-7a00-8000-000000000001',
      '019ac8f2-51d3-7b00-8000-000000000002',
      '019ac8f2-51d4-7b00-8000-000000000003',
    ];
    const short = shortIds(ids);
    expect(ids.map(short)).toEqual(['019ac8f2-51d3-7a', '019ac8f2-51d3-7b', '019ac8f2-51d4']);
    expect(shortIds(['d-1'])('d-1')).toBe('d-1');
  });
});
