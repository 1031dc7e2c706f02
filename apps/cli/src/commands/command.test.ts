import { afterEach, describe, expect, it, vi } from 'vitest';
import { printJson, printRows, readLimit, time, UsageError } from './command.ts';

/** What moves the cursor, or turns the text around. */
const STEERING = 'a\u001b[2J\u007f\u009b31m\u202eb\u2066c\u2028d';

describe('what a command prints', () => {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  afterEach(() => printed.mockClear());
  const text = () => printed.mock.calls.map(([line]) => line).join('\n');

  it('as JSON is the same for a program, and steers no terminal', () => {
    printJson([{ subject: STEERING }]);
    expect(JSON.parse(text())).toEqual([{ subject: STEERING }]);
    expect(text().replace(/\n/g, '')).toMatch(/^[\x20-\x7e]+$/);
  });

  it('as a table steers no terminal either', () => {
    printRows([{ subject: STEERING }], false, 'nothing');
    expect(text()).toBe('subject\na [2J 31m b c d');
  });

  it('has times in one form, whatever they come as', () => {
    expect(time(1000)).toBe('1970-01-01 00:00:01');
    expect(time('1970-01-01T00:00:01.000Z')).toBe('1970-01-01 00:00:01');
    expect(time(null)).toBe('-');
  });
});

describe('--limit', () => {
  it('is a whole number from 1 on', () => {
    expect(readLimit('1000')).toBe(1000);
    for (const text of ['0', '-5', 'all', '1.5', '']) expect(() => readLimit(text)).toThrow(UsageError);
  });
});
