/** What goes back to a browser whose session was over. */
import { UNCOUNTED } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { holdForm } from './held-form.ts';

const PATH = '/agents/scout/files/MEMORY.md';
const hold = async (body: URLSearchParams | FormData) =>
  await holdForm(new Request(`http://localhost${PATH}`, { method: 'POST', body }), UNCOUNTED, PATH);

it('is all that was typed', async () => {
  const typed: [string, string][] = [
    ['text', 'One line\r\nand <another>'],
    ['scope', 'read'],
    ['scope', 'write'],
  ];
  expect(await hold(new URLSearchParams(typed))).toEqual({ action: PATH, fields: typed });
});

it('is no secret, no file, and no more than a form holds', async () => {
  const file = new FormData();
  file.set('file', new Blob(['x']), 'x.txt');
  for (const body of [
    new URLSearchParams({ provider: 'anthropic', key: 'sk-ant-secret' }),
    new URLSearchParams({ text: 'x'.repeat(1024 * 1024) }),
    file,
  ])
    expect(await hold(body)).toEqual({ action: PATH, fields: null });
});
