/** The examples of AWS ("Signature Calculations for the Authorization Header", Amazon S3 API reference), and what is refused. */
import { expect, it } from 'vitest';
import { checkSignature } from './signature.ts';

const KEY = 'AKIAIOSFODNN7EXAMPLE';
const EXPECTED = {
  region: 'us-east-1',
  now: Date.UTC(2013, 4, 24),
  secretOf: (id: string) => (id === KEY ? 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' : null),
};
const authorization = (headers: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=${KEY}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${headers},Signature=${signature}`;
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const get = {
  method: 'GET',
  url: '/test.txt',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': NOTHING,
    'x-amz-date': '20130524T000000Z',
    authorization: authorization(
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  },
};
const put = {
  method: 'PUT',
  url: '/test%24file.text',
  headers: {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    authorization: authorization(
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ),
  },
};
const list = {
  method: 'GET',
  url: '/?max-keys=2&prefix=J',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': NOTHING,
    'x-amz-date': '20130524T000000Z',
    authorization: authorization(
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  },
};
const body = Buffer.from('Welcome to Amazon S3.');
const none = Buffer.alloc(0);

it('takes the examples of AWS', () => {
  expect(checkSignature(get, none, EXPECTED)).toEqual({ ok: true, accessKeyId: KEY });
  expect(checkSignature(put, body, EXPECTED)).toMatchObject({ ok: true });
  expect(checkSignature(list, none, EXPECTED)).toMatchObject({ ok: true });
});

it.each([
  ['another path', { ...get, url: '/other.txt' }, none, {}, 'SignatureDoesNotMatch'],
  ['another query', { ...list, url: '/?prefix=' }, none, {}, 'SignatureDoesNotMatch'],
  ['another method', { ...get, method: 'PUT' }, none, {}, 'SignatureDoesNotMatch'],
  ['another body', put, Buffer.from('Welcome.'), {}, 'XAmzContentSHA256Mismatch'],
  ['another time', get, none, { now: EXPECTED.now + 16 * 60_000 }, 'RequestTimeTooSkewed'],
  ['another region', get, none, { region: 'auto' }, 'AuthorizationHeaderMalformed'],
  ['another key', get, none, { secretOf: () => null }, 'InvalidAccessKeyId'],
  ['no signature', { ...get, headers: {} }, none, {}, 'AccessDenied'],
  ['a header unsigned', { ...get, headers: { ...get.headers, 'x-amz-acl': 'x' } }, none, {}, 'AccessDenied'],
])('refuses %s', (_, request, content, change, code) => {
  expect(checkSignature(request, content, { ...EXPECTED, ...change })).toMatchObject({ ok: false, code });
});
