import { afterEach, beforeEach, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';
import { SOURCE_PAGE_BYTES } from './message-source.ts';

const MAIL = [
  'Subject: =?utf-8?q?Caf=C3=A9?=',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/html',
  '',
  '<p>Hi<script>alert(1)</script><img src="https://tracker.test/p.png"></p>',
  '--b',
  'Content-Type: text/html',
  'Content-Disposition: attachment; filename="<script>.html"',
  '',
  '<script>alert(2)</script>',
  '--b--',
  '',
].join('\r\n');

let api: ApiFixture;
beforeEach(async () => {
  api = await openApi();
  await api.addAgent('scout', ANN);
  await api.addMail('m-1');
  await api.addDelivery('d-1', 'm-1');
  for (const key of ['raw-m-1', 'out-d-1']) await api.rawMail.put(key, new TextEncoder().encode(MAIL));
});
afterEach(() => api.dispose());
const get = (path: string) => api.person(ANN).get(path);

it.each(['/mails/m-1', '/outbox/d-1'])('%s is shown as text, headers and parts', async (path) => {
  expect((await get(`${path}/view`)).json).toMatchObject({
    headers: [
      { name: 'Subject', value: 'Café' },
      { name: 'Content-Type', value: 'multipart/mixed; boundary=b' },
    ],
    text: 'Hi',
    parts: [
      { number: null, depth: 0, type: 'multipart/mixed' },
      { number: 1, depth: 1, type: 'text/html', filename: null },
      {
        number: 2,
        depth: 1,
        type: 'text/html',
        filename: '_script_.html',
        disposition: 'attachment',
        bytes: 25,
      },
    ],
  });
});

it.each(['/mails/m-1', '/outbox/d-1'])('%s is a page that runs and fetches nothing', async (path) => {
  const { text, headers } = await get(`${path}/html`);
  expect(text).toContain('<p>Hi</p>');
  expect(text).toContain('1 picture is not shown');
  expect(text).not.toMatch(/script|tracker/);
  expect(headers.get('content-security-policy')).toMatch(/^sandbox allow-popups[^;]*; default-src 'none'; /);
});

it.each(['/mails/m-1', '/outbox/d-1'])('a part of %s is a download that no browser shows', async (path) => {
  const { text, headers } = await get(`${path}/parts/2`);
  expect(text).toBe('<script>alert(2)</script>');
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename="_script_.html"',
    'x-content-type-options': 'nosniff',
  });
  expect((await get(`${path}/parts/3`)).status).toBe(404);
  expect((await get(`${path}/parts/x`)).status).toBe(400);
});

it('the source is read a page at a time, whole lines where it has some', async () => {
  const line = `${'é'.repeat(499)}\r\n`;
  const whole = `Subject: x\r\n\r\n${line.repeat(100)}`;
  await api.rawMail.put('raw-m-1', new TextEncoder().encode(whole));
  const pages: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const { json } = await get(`/mails/m-1/source?offset=${offset}`);
    expect(json).toMatchObject({ offset, bytes: 100_014 });
    expect(json.text.length).toBeLessThanOrEqual(SOURCE_PAGE_BYTES);
    pages.push(json.text);
    offset = json.next_offset;
  }
  expect(pages.length).toBe(4);
  expect(pages.join('')).toBe(whole.replaceAll('\r\n', '\n'));
  expect((await get('/mails/m-1/source?offset=999999')).json).toMatchObject({ text: '', next_offset: null });
  expect((await get('/mails/m-1/source?offset=-1')).status).toBe(400);
});

it('what is gone, and what can not be read, is said', async () => {
  await api.rawMail.put('raw-m-1', new TextEncoder().encode('\n'.repeat(150_000)));
  expect((await get('/mails/m-1/view')).json).toMatchObject({
    code: 'conflict',
    detail: expect.stringContaining('blank or short lines'),
    next_step: expect.stringContaining('Download'),
  });
  await api.db.updateTable('mails').set({ raw_removed_at: 1 }).execute();
  for (const form of ['view', 'html', 'parts/1', 'source']) {
    expect((await get(`/mails/m-1/${form}`)).json).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('was removed'),
    });
  }
  await api.db.updateTable('deliveries').set({ raw_key: '' }).execute();
  expect((await get('/outbox/d-1/view')).json).toMatchObject({ code: 'conflict' });
});

it('a message that there is no memory for is not read', async () => {
  for (const form of ['view', 'html', 'parts/1']) {
    const left = await openApi();
    try {
      await left.addAgent('scout', ANN);
      await left.addMail('m-1');
      await left.rawMail.put('raw-m-1', new Uint8Array(20_000_000));
      left.budget.open().take(1024 * 1024 * 1024 - 10_000_000);
      expect((await left.person(ANN).get(`/mails/m-1/${form}`)).json.code).toBe('server_busy');
    } finally {
      await left.dispose();
    }
  }
});

it('the largest message is shown, and its file, in what one owner may hold', async () => {
  const head =
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  const line = `${'QUJD'.repeat(19)}\r\n`;
  const raw = `${head}${line.repeat(Math.floor((36 * 1024 * 1024 - 1000) / line.length))}--b--\r\n`;
  await api.rawMail.put('raw-m-1', new TextEncoder().encode(raw));
  const before = api.budget.reserved();
  expect((await get('/mails/m-1/view')).json.parts[1]).toMatchObject({
    number: 1,
    bytes: expect.any(Number),
  });
  const { status, text } = await get('/mails/m-1/parts/1');
  expect([status, text.length > 27_000_000]).toEqual([200, true]);
  // The message itself is held no longer than it was looked at.
  expect(api.budget.reserved() - before).toBeLessThan(1_000_000);
});
