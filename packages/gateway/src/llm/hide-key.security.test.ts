import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyHider, withoutKey } from './hide-key.ts';

const KEY = 'sk-ant-aab-secret';
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function pass(text: string, cuts: number[]): string {
  const hider = createKeyHider(KEY);
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const out = places.map((start, index) => hider.push(bytes.subarray(start, places[index + 1] ?? start)));
  return Buffer.concat([...out, hider.end()]).toString();
}

test('hides the key wherever the chunks are cut, and nothing else', () => {
  const parts = fc.array(fc.constantFrom(KEY, KEY.slice(0, 9), 'sk-', 'ä', 'text ', KEY.slice(3)), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(parts, fc.array(fc.nat(200), { maxLength: 20 }), (list, cuts) => {
      const text = list.join('');
      expect(pass(text, cuts)).toBe(text.replaceAll(KEY, '*'.repeat(KEY.length)));
    }),
  );
});

test('passes an event on at once', () => {
  const hider = createKeyHider(KEY);
  const event = Buffer.from('data: {"text":"sk-ant"}\n\n');
  expect(hider.push(event)).toEqual(event);
  expect(text(hider.push(Buffer.from('data: sk-an')))).toBe('data: ');
  expect(text(hider.push(Buffer.from('swer\n\n')))).toBe('sk-answer\n\n');
});

test('hides the key in a header value', () => {
  expect(withoutKey(`a ${KEY} b`, KEY)).toBe(`a ${'*'.repeat(KEY.length)} b`);
});
