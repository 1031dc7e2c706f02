/** docs/mail-in.md has every answer of the listener as it is sent. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answers, barred } from './answers.ts';

const page = readFileSync(new URL('../../../../../docs/mail-in.md', import.meta.url), 'utf8');

it.each(Object.entries(answers))(
  'docs/mail-in.md has the answer %s as it is sent',
  (_name, { code, enhanced, text }) => expect(page).toContain(`\n| ${code} ${enhanced} ${text} |`),
);

it('docs/mail-in.md has the answer to a client that was refused too often, but for the time', () => {
  const { code, enhanced, text } = barred(0);
  expect(page).toContain(`\n| ${code} ${enhanced} ${text.replace(/\S+$/, '…')} |`);
});
