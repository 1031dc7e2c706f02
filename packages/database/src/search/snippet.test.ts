import { expect, it } from 'vitest';
import { marked, snippetOf } from './snippet.ts';

const shown = (text: string, words: string[], beginning: string | null = null) =>
  snippetOf(text, { words, beginning })
    .map(({ text, hit }) => (hit ? `[${text}]` : text))
    .join('');

it('marks words as they are written, whatever case and accents were searched for', () => {
  expect(shown('Ça va, Héllo wörld', ['hello', 'world'])).toBe('Ça va, [Héllo] [wörld]');
  expect(shown('The invoices', [], 'invo')).toBe('The [invoices]');
  expect(shown('会議の予定', ['予', '定'])).toBe('会議の[予][定]');
});

it('is the place of the first word, cut to a few lines', () => {
  const text = `${'before '.repeat(100)}needle${' after'.repeat(100)}`;
  const cut = shown(text, ['needle']);
  expect(cut).toMatch(/^… (before )+\[needle\]( after)+.* …$/);
  expect(cut.length).toBeLessThan(240);
  expect(shown('nothing\r\n\r\n  of it', ['needle'])).toBe('nothing of it');
  expect(shown('', ['needle'])).toBe('');
});

it('leaves markup the text that it is', () => {
  expect(marked('<b>Bold</b>', { words: ['b'], beginning: null })).toEqual([
    { text: '<', hit: false },
    { text: 'b', hit: true },
    { text: '>Bold</', hit: false },
    { text: 'b', hit: true },
    { text: '>', hit: false },
  ]);
});
