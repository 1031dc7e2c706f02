/** A form with a file is whatever its sender makes it: bounded, and never more than a status where it can't be read. */
import { byteBudget } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../api/routes/files.ts';
import { HELD_BYTES_OF_CLIENT } from '../cloudflare/isolate.ts';
import { readUpload } from './upload.ts';

const MOST = 1000;

function formOf(file: Uint8Array<ArrayBuffer> | null, name = 'a.txt'): FormData {
  const form = new FormData();
  if (file) form.append('file', new File([file], name));
  form.append('replace', 'yes');
  return form;
}
async function send(
  body: FormData | string,
  headers: Record<string, string> = {},
  budget = 1_000_000,
  most = MOST,
) {
  const whole = new Response(body);
  const type = whole.headers.get('content-type') ?? '';
  const init = { method: 'POST', body: await whole.bytes(), headers: { 'content-type': type, ...headers } };
  return await readUpload(new Request('http://test.example/', init), byteBudget(budget).open(), most);
}
const statusOf = async (body: FormData | string, headers?: Record<string, string>, budget?: number) => {
  const read = await send(body, headers, budget);
  return read.ok ? 200 : read.why === 'other' ? read.answer.status : read.why;
};

describe('a form with a file', () => {
  it('gives the file with its name and bytes, and the fields', async () => {
    const read = await send(formOf(new Uint8Array([0, 255, 13, 10]), 'é "x".bin'));
    expect(read).toMatchObject({
      ok: true,
      file: { name: 'é "x".bin', bytes: new Uint8Array([0, 255, 13, 10]) },
    });
    expect(read.ok && read.fields.get('replace')).toBe('yes');
  });

  it('of the largest size fits into what one client of a Worker may hold, which is less than elsewhere', async () => {
    const file = new Uint8Array(MAX_UPLOAD_BYTES);
    expect(await send(formOf(file), {}, HELD_BYTES_OF_CLIENT, MAX_UPLOAD_BYTES)).toMatchObject({ ok: true });
  });

  it('may have none', async () => {
    expect(await send(formOf(null))).toMatchObject({ ok: true, file: null });
    expect(await send(formOf(new Uint8Array(), ''))).toMatchObject({ ok: true, file: null });
  });

  it('is refused where it is too large, of another kind, broken, or more than there is memory for', async () => {
    expect(await statusOf(formOf(new Uint8Array(50_000)))).toBe('too_large');
    expect(await statusOf('file=x', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
    expect(await statusOf('x', { 'content-type': 'multipart/form-data; boundary=b' })).toBe(400);
    expect(await statusOf('x', { 'content-type': 'multipart/form-data' })).toBe(415);
    expect(await statusOf(formOf(new Uint8Array(1000)), {}, 500)).toBe(503);
  });
});
