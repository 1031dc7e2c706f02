import { expect, it } from 'vitest';
import { splitFooter } from './footer-line.ts';

const FOOTER = '[scout:b0a2 | ↑38 ↓5.0k $0.687 | claude-haiku-4-5]';

it.each([
  [`Hi.\n\n---\n${FOOTER}`, 'Hi.', FOOTER],
  [`Hi.\n\n---\n[mine]\n\n---\n${FOOTER}`, 'Hi.\n\n---\n[mine]', FOOTER],
  [`Hi.\n\n---\n${FOOTER}\nmore`, `Hi.\n\n---\n${FOOTER}\nmore`, null],
  ['Hi.\n\n---\nno footer', 'Hi.\n\n---\nno footer', null],
  ['', '', null],
])('the end of %j', (text, body, footer) => {
  expect(splitFooter(text)).toEqual({ body, footer });
});
