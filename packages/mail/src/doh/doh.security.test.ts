/** A service of DNS over HTTPS, or whoever stands between, that answers what it should not. */
import { expect, it } from 'vitest';
import { labelsOf, writeQuery } from './dns-query.ts';
import { dohResolver } from './doh-resolver.ts';

const NAME = 'a.example.com';
const POINTER_TO_NAME = [0xc0, 12];
const question = [...writeQuery(labelsOf(NAME) ?? [], 'TXT').subarray(12)];
const OTHER_NAME = [1, 0x62, ...question.slice(2)];

const text = (value: string) => [value.length, ...Buffer.from(value)];
const long = (value: number) => [value >> 24, value >> 16, value >> 8, value].map((byte) => byte & 255);
const short = (value: number) => long(value).slice(2);

/** A record; `length` where it says another one than it has. */
function record(
  data: number[],
  { owner = POINTER_TO_NAME, type = 16, kind = 1, length = data.length } = {},
): number[] {
  return [...owner, ...short(type), ...short(kind), ...long(60), ...short(length), ...data];
}

/** A message, with what is changed. */
function message(
  records: number[][],
  { id = 0, flags = 0x8180, asked = question, questions = 1, count = records.length } = {},
) {
  const head = [id, flags, questions, count, 0, 0].flatMap(short);
  return Uint8Array.from([...head, ...asked, ...records.flat()]);
}

const media = { 'content-type': 'application/dns-message' };
const answer = (
  body: ConstructorParameters<typeof Response>[0],
  status = 200,
  headers: Record<string, string> = media,
) => new Response(body, { status, headers });

/** What a lookup gives where the service gives these responses, one a try; and how often it was asked. */
async function lookUp(...responses: (() => Response | Promise<Response>)[]) {
  let asked = 0;
  const resolver = dohResolver({
    url: 'https://dns.test/dns-query',
    budgetMs: 1_000,
    fetch: async (_, { signal, redirect }) => {
      expect(redirect).toBe('manual');
      const gone = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      gone.catch(() => undefined);
      const respond = responses[Math.min(asked, responses.length - 1)];
      asked += 1;
      return await Promise.race([respond?.() ?? gone, gone]);
    },
  });
  const found = await resolver.resolve(NAME, 'TXT').catch((error: { code: string }) => error.code);
  return { found, asked };
}
const of = async (bytes: Uint8Array<ArrayBuffer>) => (await lookUp(() => answer(bytes))).found;

it('takes the answer to its question', async () => {
  expect(await of(message([record(text('yes'))]))).toEqual([['yes']]);
});

const cname = (target: number[], owner = POINTER_TO_NAME) => record(target, { owner, type: 5 });
const chain = (length: number) =>
  Array.from({ length }, (_, at) =>
    cname([1, 0x30 + at + 1, 0], at === 0 ? POINTER_TO_NAME : [1, 0x30 + at, 0]),
  );

it.each<[string, Uint8Array<ArrayBuffer>]>([
  ['for another name', message([record(text('no'))], { asked: OTHER_NAME })],
  ['for another type', message([record(text('no'))], { asked: [...question.slice(0, -3), 1, 0, 1] })],
  ['of another class', message([record(text('no'))], { asked: [...question.slice(0, -1), 3] })],
  ['with an id that was not sent', message([record(text('no'))], { id: 7 })],
  ['that is a question', message([record(text('no'))], { flags: 0x0180 })],
  ['that is no answer to a query', message([record(text('no'))], { flags: 0x9180 })],
  ['that says it is cut off', message([record(text('no'))], { flags: 0x8380 })],
  ['without a question', message([record(text('no'))], { questions: 0, asked: [] })],
  ['with two questions', message([record(text('no'))], { questions: 2, asked: [...question, ...question] })],
  ['with fewer records than it says', message([record(text('no'))], { count: 2 })],
  ['with a record longer than the message', message([record(text('no'), { length: 900 })])],
  ['with a text longer than its record', message([record([200, 0x61])])],
  ['with a name that leads to itself', message([record(text('no'), { owner: [0xc0, 31] })])],
  ['with two names that lead to each other', message([record(text('no'), { owner: [0xc0, 33, 0xc0, 31] })])],
  ['with a name that leads forwards', message([record(text('no'), { owner: [0xc0, 200] })])],
  ['with a label of an unknown kind', message([record(text('no'), { owner: [0x80, 1, 0] })])],
  [
    'with a name of 320 bytes',
    message([
      record(text('no'), {
        owner: [
          ...Array(5)
            .fill([63, ...Array(63).fill(97)])
            .flat(),
          0,
        ],
      }),
    ]),
  ],
  ['with more records than a name has', message(Array(501).fill(record(text('no'))))],
  ['with an alias of itself', message([cname(POINTER_TO_NAME)])],
  ['with a chain of 11 aliases', message(chain(11))],
  ['of no bytes', new Uint8Array()],
  ['of half a head', new Uint8Array(6)],
])('refuses an answer %s', async (_, bytes) => {
  expect(await of(bytes)).toBe('EBADRESP');
});

it('reads no part of an answer beyond where it is cut off', async () => {
  const whole = message([cname([1, 0x62, 0xc0, 14]), record(text('yes'), { owner: [1, 0x62, 0xc0, 14] })]);
  expect(await of(whole)).toEqual([['yes']]);
  for (let length = 0; length < whole.length; length += 1) {
    expect(await of(whole.slice(0, length))).toBe('EBADRESP');
  }
});

it.each<[string, number[][]]>([
  ['of another name', [record(text('no'), { owner: [1, 0x62, 0] })]],
  ['of another class', [record(text('no'), { kind: 3 })]],
  ['of the name before an alias', [cname([1, 0x62, 0]), record(text('no'))]],
  // One label with a dot in it is not the name of two.
  [
    'of a name that looks the same',
    [record(text('no'), { owner: [9, ...Buffer.from('a.example'), 3, 0x63, 0x6f, 0x6d, 0] })],
  ],
])('takes no record %s', async (_, records) => {
  expect(await of(message(records))).toBe('ENODATA');
});

it.each<[string, () => Response, string, number]>([
  ['1 MB', () => answer(new Uint8Array(1_000_000)), 'EBADRESP', 1],
  ['a web page', () => answer('<html>', 200, { 'content-type': 'text/html' }), 'EBADRESP', 1],
  ['a redirect', () => answer(null, 302, { location: 'https://elsewhere.test/' }), 'ESERVFAIL', 1],
  ['a refusal', () => answer(message([record(text('no'))]), 403), 'ESERVFAIL', 1],
  ['too many requests', () => answer(null, 429), 'ESERVFAIL', 2],
  ['a fault', () => answer(message([record(text('no'))]), 502), 'ESERVFAIL', 2],
  ['a broken connection', () => Response.error() && raise(), 'ECONNREFUSED', 2],
])('asks no more often than it helps where it gets %s', async (_, response, code, tries) => {
  expect(await lookUp(response)).toEqual({ found: code, asked: tries });
});

it('asks again where that may help', async () => {
  const good = () => answer(message([record(text('yes'))]));
  expect(await lookUp(() => answer(null, 503), good)).toEqual({ found: [['yes']], asked: 2 });
});

it('gives up on a service that says nothing, and on one that never ends', async () => {
  const endless = () => answer(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array(10)) }));
  const silent = () => new Promise<never>(() => undefined);
  expect(await Promise.all([lookUp(silent), lookUp(endless)])).toEqual([
    { found: 'ETIMEOUT', asked: 2 },
    { found: 'ETIMEOUT', asked: 2 },
  ]);
});

it('sends the name and nothing else', async () => {
  let sent: [string, RequestInit] | undefined;
  const resolver = dohResolver({
    url: 'https://dns.test/dns-query',
    budgetMs: 1_000,
    fetch: async (...request) => {
      sent = request;
      return answer(message([record(text('yes'))]));
    },
  });
  await resolver.resolve(NAME, 'TXT');
  expect(sent?.[0]).toBe('https://dns.test/dns-query');
  expect(sent?.[1]).toMatchObject({ method: 'POST', headers: { ...media, accept: media['content-type'] } });
  expect(Buffer.from(sent?.[1].body as Uint8Array).toString('hex')).toBe(
    '000001000001000000000000' + '0161076578616d706c6503636f6d00' + '00100001',
  );
  for (const name of ['a b.example.com', 'a/../b', 'exämple.com', 'a\r\nb.com', '', '.', 'x'.repeat(300)]) {
    sent = undefined;
    if (name !== 'a/../b')
      await expect(resolver.resolve(name, 'TXT')).rejects.toMatchObject({ code: 'EBADNAME' });
    expect(sent).toBeUndefined();
  }
});

function raise(): never {
  throw new TypeError('fetch failed');
}
