import { expect, it } from 'vitest';
import { transcriptEntry } from './entry.ts';

const AT = '2026-11-28T19:09:28.586Z';
const entry = (line: object) => transcriptEntry(JSON.stringify({ timestamp: AT, ...line }), 4000);
const message = (role: string, more: object) => entry({ type: 'message', message: { role, ...more } });
const plain = { at: AT, note: null, failed: false, more_parts: 0 };
const part = (kind: string, text: string, name: string | null = null) => ({ kind, name, text, length: null });

it('shows of a mail what was newly written, and all that the model was given', () => {
  const text = 'A mail came.\n<mail_text nonce="0f">\nHi\nthere\n</mail_text nonce="0f">\nRun: 1';
  expect(message('user', { content: [{ type: 'text', text }] })).toEqual({
    ...plain,
    kind: 'mail',
    parts: [part('text', 'Hi\nthere'), part('prompt', text)],
  });
});

it('shows an answer with its thoughts and calls', () => {
  const content = [
    { type: 'thinking', thinking: 'Hm.' },
    { type: 'toolCall', name: 'bash', arguments: { command: 'ls' } },
    { type: 'text', text: 'Done.' },
  ];
  expect(message('assistant', { content, model: 'claude-haiku-4-5', stopReason: 'stop' })).toEqual({
    ...plain,
    kind: 'answer',
    note: 'claude-haiku-4-5',
    parts: [
      part('thinking', 'Hm.'),
      part('tool_call', '{\n  "command": "ls"\n}', 'bash'),
      part('text', 'Done.'),
    ],
  });
  const failed = message('assistant', { content: [], stopReason: 'error', errorMessage: '529 overloaded' });
  expect(failed).toMatchObject({ failed: true, parts: [part('text', '529 overloaded')] });
});

it('shows what a tool gave, of which a picture is only named', () => {
  const content = [
    { type: 'text', text: 'a.txt' },
    { type: 'image', mimeType: 'image/png', data: 'AAAA' },
  ];
  expect(message('toolResult', { toolName: 'bash', isError: true, content })).toEqual({
    ...plain,
    kind: 'tool_result',
    note: 'bash',
    failed: true,
    parts: [part('tool_output', 'a.txt', 'bash'), part('image', 'image/png', 'bash')],
  });
});

it('shows runs, models, summaries and instructions, and passes over the rest', () => {
  const id = '01a2238f-fac6-7bec-908b-1aa7320946e5';
  expect(entry({ type: 'custom', customType: 'tinyfat.run', data: { run_id: id } })).toMatchObject({
    kind: 'run',
    note: id,
  });
  expect(entry({ type: 'model_change', modelId: 'claude-opus-4-8' })).toMatchObject({
    kind: 'model',
    note: 'claude-opus-4-8',
  });
  expect(entry({ type: 'compaction', summary: 'Long ago' })).toMatchObject({
    kind: 'summary',
    parts: [part('text', 'Long ago')],
  });
  expect(message('system', { content: '', sections: { one: 'You are' } })).toMatchObject({
    kind: 'system',
    parts: [part('text', 'You are')],
  });
  expect(entry({ type: 'session', version: 3 })).toBe(null);
  expect(entry({ type: 'thinking_level_change' })).toBe(null);
  expect(entry({ type: 'custom', customType: 'tinyfat.run', data: { run_id: '../x' } })).toBe(null);
});
