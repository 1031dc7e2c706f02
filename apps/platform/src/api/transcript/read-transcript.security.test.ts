/** A session's file is the agent's to write: whatever is in it, a page reads a bounded part and shows it as text. */
import type { ReadOutcome } from '@tinyfat/core';
import { expect, it } from 'vitest';
import {
  readTranscript,
  readTranscriptEnd,
  type TranscriptPage,
  type TranscriptPlace,
} from './read-transcript.ts';

const BOUNDS = { entries: 25, characters: 60_000, textCharacters: 4000 };
const START: TranscriptPlace = { offset: 0, inLine: false };
const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const user = (content: unknown) => line({ type: 'message', message: { role: 'user', content } });

/** A file of this text; `reads` are the offsets and lengths that were asked for. */
function fileOf(text: string | Uint8Array) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reads: [number, number][] = [];
  const folders = {
    async readFrom(_agent: string, _path: string, offset: number, most: number): Promise<ReadOutcome> {
      reads.push([offset, most]);
      return { ok: true, bytes: bytes.subarray(offset, offset + most) };
    },
  };
  const read = (from = START, bounds = BOUNDS) =>
    readTranscript(folders, { agentId: 'a', path: 's', from }, bounds);
  const readEnd = (bounds = BOUNDS) =>
    readTranscriptEnd(folders, { agentId: 'a', path: 's', size: bytes.length }, bounds);
  return { reads, read, readEnd };
}

/** All pages after one another, as far as they go. */
async function texts(read: (from?: TranscriptPlace) => Promise<TranscriptPage>): Promise<string[]> {
  const found: string[] = [];
  for (let from: TranscriptPlace | null = START, pages = 0; from !== null; pages++) {
    if (pages > 100) throw new Error('it goes on and on');
    const page: TranscriptPage = await read(from);
    if (!page.ok) throw new Error(page.detail);
    found.push(
      ...page.entries.map(({ kind, parts }) => `${kind} ${parts.map(({ text }) => text).join('|')}`),
    );
    from = page.next;
  }
  return found;
}

it('reads every entry once, over the borders of slices and pages', async () => {
  const lines = Array.from({ length: 300 }, (_, at) => user(`${at} é😀${'x'.repeat(997 * (at % 7))}`));
  const found = await texts(fileOf(lines.join('')).read);
  expect(found.map((text) => Number(text.split(' ')[1]))).toEqual(lines.map((_, at) => at));
});

it('reads no more than a page needs of a file without end', async () => {
  const file = fileOf(user('x'.repeat(1000)).repeat(20_000));
  const page = await file.read();
  expect(page).toMatchObject({ ok: true, entries: { length: 25 } });
  expect(file.reads.length).toBeLessThanOrEqual(2);
});

it('reads the last entries of a file without reading the others', async () => {
  const ofEnd = async (file: ReturnType<typeof fileOf>, bounds = BOUNDS) => {
    const page = await file.readEnd(bounds);
    if (!page.ok) throw new Error(page.detail);
    expect(page.next).toBeNull();
    return page.entries.map(({ parts }) => parts.map(({ text }) => text).join('|'));
  };
  const long = fileOf(Array.from({ length: 20_000 }, (_, at) => user(`${at} ${'x'.repeat(500)}`)).join(''));
  const last = (await ofEnd(long)).map((text) => Number(text.split(' ')[0]));
  expect(last).toEqual(Array.from({ length: 25 }, (_, at) => 19_975 + at));
  expect(long.reads.length).toBeLessThanOrEqual(11);
  expect(await ofEnd(fileOf(user('one') + user('two')))).toEqual(['one', 'two']);
  expect(await ofEnd(fileOf(user('one') + user('two')), { ...BOUNDS, characters: 1 })).toEqual(['two']);
  expect(await ofEnd(fileOf(user('one') + user('x'.repeat(400_000))))).toEqual(['one', 'x'.repeat(4000)]);
  expect(await ofEnd(fileOf(''))).toEqual([]);
});

it('passes over a line that is too long, says so once, and goes on behind it', async () => {
  const file = fileOf(`${user('before')}${'x'.repeat(3_000_000)}\n${user('after')}`);
  const first = await file.read();
  expect(file.reads.length).toBeLessThanOrEqual(17);
  expect(first).toMatchObject({ ok: true, next: { inLine: true } });
  expect(await texts(file.read)).toEqual(['mail before', 'unreadable ', 'mail after']);
});

it('ends at the end of a file that is one line, without an end itself', async () => {
  expect(await texts(fileOf('{'.repeat(2_000_000)).read)).toEqual(['unreadable ']);
  expect(await texts(fileOf('').read)).toEqual([]);
  expect(await texts(fileOf(`${user('whole')}{"type":"mess`).read)).toEqual(['mail whole']);
  expect(await texts(fileOf(user('no line break').trimEnd()).read)).toEqual(['mail no line break']);
});

it('gives the beginning of a long text, and how long it is', async () => {
  const page = await fileOf(user(`${'x'.repeat(3999)}😀y`)).read();
  const part = page.ok ? page.entries[0]?.parts[0] : undefined;
  expect([part?.text, part?.length]).toEqual(['x'.repeat(3999), 4002]);
});

it('ends a page early where there is much text', async () => {
  const page = await fileOf(user('x'.repeat(4000)).repeat(25)).read(START, { ...BOUNDS, characters: 9000 });
  expect(page).toMatchObject({ ok: true, entries: { length: 2 } });
});

it.each([
  ['[1,2]', 'unreadable'],
  ['null', 'unreadable'],
  [`{"type":"message","message":${'['.repeat(500)}${']'.repeat(500)}}`, 'unreadable'],
  ['{"type":"message","message":{"role":"user","content":{"length":9}}}', 'mail'],
  [
    '{"type":"message","message":{"role":"toolResult","toolName":7,"content":[null,{"type":"text","text":{}}]}}',
    'tool_result',
  ],
  ['{"type":"message","message":{"role":"__proto__","content":"x"}}', 'other'],
  [
    '{"type":"message","timestamp":"soon","message":{"role":"assistant","content":[{"type":"toolCall"}]}}',
    'answer',
  ],
])('takes %s for %s', async (text, kind) => {
  const page = await fileOf(`${text}\n`).read();
  expect(page).toMatchObject({ ok: true, entries: [{ kind, at: null }] });
});

it('shows a bounded number of parts', async () => {
  const page = await fileOf(user(Array(5000).fill({ type: 'text', text: 'x' }))).read();
  expect(page.ok && page.entries[0]?.parts.length).toBe(50);
  expect(page.ok && page.entries[0]?.more_parts).toBe(4950);
});

it('takes any place in the file', async () => {
  const file = fileOf(user('one') + user('two'));
  expect((await file.read({ offset: 9, inLine: false })).ok).toBe(true);
  expect(await file.read({ offset: 1e15, inLine: true })).toMatchObject({
    ok: true,
    entries: [],
    next: null,
  });
});
