import { expect, it } from 'vitest';
import { searchedText, textOfEvents } from './searched-text.ts';

const records = (...events: Record<string, unknown>[]) =>
  events.map((event, index) => ({ seq: index + 1, attempt: 1, event }));

it('of a mail is what was written and handed on', () => {
  expect(searchedText({ text: 'a', forwarded: '' })).toBe('a');
  expect(searchedText({ text: 'a', forwarded: 'b' })).toBe('a\nb');
});

it('of a run is what the agent said and did, without what tools gave back', () => {
  const text = textOfEvents(
    records(
      { type: 'start', run_id: 'r' },
      { type: 'tool_call', name: 'bash', args: { command: 'ls' } },
      { type: 'tool_result', name: 'bash', output: 'secret output' },
      { type: 'text', content: 'Done.' },
    ),
  );
  expect(text).toBe('bash {"command":"ls"}\nDone.');
});

it('is bounded, whatever the agent wrote into its events', () => {
  const odd = records({ type: 'text', content: 7 }, { type: 'tool_call', args: 1 }, {});
  expect(textOfEvents(odd)).toBe('');
  const endless = records(
    ...Array.from({ length: 100 }, () => ({ type: 'text', content: 'x'.repeat(9000) })),
  );
  expect(textOfEvents(endless).length).toBeLessThan(30_000);
});
