/** A form with files is whatever its sender makes it: read as the browser meant it, or not at all. */
import { expect, it } from 'vitest';
import { readMultipart } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=b';
const encoder = new TextEncoder();
const read = (form: string, type = TYPE) =>
  readMultipart(encoder.encode(form), type)?.map(({ name, fileName, bytes }) => [
    name,
    fileName,
    new TextDecoder().decode(bytes),
  ]) ?? null;
const part = (head: string, text: string) => `--b\r\n${head}\r\n\r\n${text}\r\n`;
const NAMED = 'Content-Disposition: form-data; name="a"';

it('reads what the runtime makes of a form', async () => {
  const form = new FormData();
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * at) % 256);
  form.append('file', new File([bytes, '\r\n--', '\r\n\r\n'], '"é\r\n.bin', { type: 'text/html' }));
  form.append('text', 'ü\r\n--\r\n');
  const sent = new Response(form);
  const parts = readMultipart(await sent.clone().bytes(), sent.headers.get('content-type') ?? '') ?? [];
  expect(parts.map(({ name, fileName }) => [name, fileName])).toEqual([
    ['file', '"é\r\n.bin'],
    ['text', null],
  ]);
  expect([...(parts[0]?.bytes.subarray(0, 3000) ?? [])]).toEqual([...bytes]);
  expect(new TextDecoder().decode(parts[1]?.bytes)).toBe('ü\r\n--\r\n');
});

it('takes a boundary in quotes, other headers, and none of what stands behind the end', () => {
  const form = `${part(`content-type: x\r\n${NAMED.toLowerCase()}; filename="x"`, '1')}--b--\r\n--b\r\nmore`;
  expect(read(form, 'multipart/form-data; charset=utf-8; boundary="b"')).toEqual([['a', 'x', '1']]);
  expect(read(`${part(`${NAMED}; filename=""`, '')}--b--`)).toEqual([['a', '', '']]);
  expect(read('--b--')).toEqual([]);
});

it('does not take the text of a field for the end of a part', () => {
  expect(read(`${part(NAMED, ' --b\n--b--\r--b')}--b--`)).toEqual([['a', null, ' --b\n--b--\r--b']]);
});

it.each([
  ['no boundary', `${part(NAMED, '1')}--b--`, 'multipart/form-data'],
  ['a boundary of nothing', '--\r\n', 'multipart/form-data; boundary='],
  ['another boundary', `${part(NAMED, '1')}--b--`, 'multipart/form-data; boundary=c'],
  ['no end', part(NAMED, '1'), TYPE],
  ['an end in the middle of a delimiter', `${part(NAMED, '1')}--b-`, TYPE],
  ['a part without headers', '--b\r\n\r\n--b--', TYPE],
  ['a part without a name', `${part('Content-Disposition: form-data', '1')}--b--`, TYPE],
  ['a part of another kind', `${part('Content-Disposition: attachment; name="a"', '1')}--b--`, TYPE],
  ['endless headers', `${part(`${NAMED}; x="${'x'.repeat(5000)}"`, '1')}--b--`, TYPE],
  ['endless parts', `${part(NAMED, '1').repeat(101)}--b--`, TYPE],
  ['nothing', '', TYPE],
])('reads nothing of a form with %s', (_, form, type) => {
  expect(read(form, type)).toBeNull();
});

it('takes time by its length alone, whatever is in it', () => {
  const cpuMs = (text: string) => {
    const form = encoder.encode(`${part(NAMED, text)}--b--`);
    const before = process.cpuUsage();
    expect(readMultipart(form, TYPE)).toHaveLength(1);
    return process.cpuUsage(before).user / 1000;
  };
  expect(cpuMs('\r\n--'.repeat(500_000))).toBeLessThan(1000);
});
