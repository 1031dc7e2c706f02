import { describe, expect, it } from 'vitest';
import { byteList } from './byte-list.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (list: Uint8Array) => new TextDecoder().decode(list);

describe('byteList', () => {
  it('gives the bytes in order of their arrival, all or the first', () => {
    const list = byteList();
    for (const piece of ['ab', '', 'cde', 'f']) list.add(bytes(piece));
    expect(list.length).toBe(6);
    expect(text(list.join())).toBe('abcdef');
    expect(text(list.join(4))).toBe('abcd');
    expect(text(list.join(100))).toBe('abcdef');
    expect(list.pieces().map(text).join('')).toBe('abcdef');
  });

  it('keeps few objects of many small pieces', () => {
    const list = byteList();
    for (let n = 0; n < 100_000; n += 1) list.add(Uint8Array.of(n % 251));
    expect(list.pieces().length).toBeLessThan(1200);
    expect(list.join()).toEqual(Uint8Array.from({ length: 100_000 }, (_, n) => n % 251));
  });
});
