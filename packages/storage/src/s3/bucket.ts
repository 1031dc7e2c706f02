/** The operations on a bucket that storage needs, over S3's API (Amazon S3 API reference); R2 and others have the same. */
import { sha256Hex } from '@tinyfat/core';
import { contentBytes, drain, readAll } from '../bucket/body.ts';
import { type Bucket, type ObjectHead, SUM } from '../bucket/bucket.ts';
import { StorageError } from '../bucket/errors.ts';
import type { BucketRuntime } from '../bucket/tries.ts';
import { md5 } from './md5.ts';
import { encodeKey, type S3Account, sender } from './requests.ts';
import { elements, escaped, textOf } from './xml.ts';

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_KEYS = 1000;

const NOTHING: ObjectHead = { size: 0, etag: '', modifiedAt: 0, meta: {} };

/** Opens a bucket. Rejections are `StorageError`s. */
export function openBucket(account: S3Account, runtime: BucketRuntime): Bucket {
  const send = sender(account, runtime);

  const xmlOf = async (response: Response): Promise<string> => {
    const bytes = await readAll(response.body, MAX_LIST_BYTES);
    if (bytes === null) throw new StorageError('the storage answered more than it may', 'too_large', false);
    const xml = new TextDecoder().decode(bytes);
    // Some operations answer 200 and then say that they failed.
    const code = xml.includes('<Error>') ? (textOf(xml, 'Code') ?? 'error') : null;
    if (code !== null) throw new StorageError(`the storage failed half-way (${code})`, code, false);
    return xml;
  };

  const bucket: Bucket = {
    async get(key, range) {
      const headers: Record<string, string> = range
        ? { range: `bytes=${range.from}-${range.from + Math.max(range.length, 1) - 1}` }
        : {};
      const { response } = await send({ method: 'GET', key, headers, expects: [404, 416] });
      if (response.status < 300) return { ...headOf(response), body: response.body };
      await drain(response.body);
      if (response.status === 404) return null;
      // Nothing is behind the end; of an empty object its metadata says what it is.
      const head = range?.from === 0 ? await bucket.head(key) : NOTHING;
      return head && { ...head, body: null };
    },

    async head(key) {
      const { response } = await send({ method: 'HEAD', key, expects: [404] });
      await drain(response.body);
      return response.status === 404 ? null : headOf(response);
    },

    async put(key, content, { only, meta = {} } = {}) {
      const body = await contentBytes(content);
      const sum = await sha256Hex(body);
      const headers: Record<string, string> = { [`x-amz-meta-${SUM}`]: sum };
      for (const [name, value] of Object.entries(meta)) headers[`x-amz-meta-${name}`] = value;
      if (only === 'absent') headers['if-none-match'] = '*';
      else if (only) headers['if-match'] = only.etag;
      const expects = only ? [404, 412] : [];
      const { response, tries } = await send({ method: 'PUT', key, headers, body, expects });
      await drain(response.body);
      if (response.status < 300) return { ok: true, etag: entityTag(response.headers.get('etag')) };
      // The answer to an earlier try may have been lost: then the object is ours.
      const there = tries > 1 ? await bucket.head(key) : null;
      if (there?.meta[SUM] === sum) return { ok: true, etag: there.etag };
      return { ok: false, reason: 'conflict' };
    },

    async copy(from, to, etag) {
      const headers = {
        'x-amz-copy-source': `/${account.bucket}/${encodeKey(from)}`,
        'x-amz-copy-source-if-match': etag,
      };
      const { response } = await send({ method: 'PUT', key: to, headers, expects: [404, 412] });
      if (response.status < 300) await xmlOf(response);
      else await drain(response.body);
      return response.status < 300;
    },

    async remove(keys) {
      const [only] = keys;
      if (keys.length === 1 && only !== undefined) {
        const { response } = await send({ method: 'DELETE', key: only, expects: [404] });
        return await drain(response.body);
      }
      for (let at = 0; at < keys.length; at += MAX_KEYS) {
        const named = keys
          .slice(at, at + MAX_KEYS)
          .map((key) => `<Object><Key>${escaped(key)}</Key></Object>`);
        const body = new TextEncoder().encode(`<Delete><Quiet>true</Quiet>${named.join('')}</Delete>`);
        const headers = { 'content-md5': btoa(String.fromCharCode(...md5(body))) };
        const { response } = await send({ method: 'POST', key: '', query: { delete: '' }, headers, body });
        await xmlOf(response);
      }
    },

    async list({ prefix, delimiter, startAfter, after, most = MAX_KEYS }) {
      const query: Record<string, string> = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix,
        'max-keys': String(Math.min(most, MAX_KEYS)),
      };
      if (delimiter) query.delimiter = delimiter;
      if (after) query['continuation-token'] = after;
      else if (startAfter) query['start-after'] = startAfter;
      const { response } = await send({ method: 'GET', key: '', query });
      const xml = await xmlOf(response);
      const isUrl = textOf(xml, 'EncodingType') === 'url';
      const keyOf = (element: string, name: string) => {
        const text = textOf(element, name) ?? '';
        const key = isUrl ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
        if (!key.startsWith(prefix))
          throw new StorageError('the storage listed another prefix', 'list', false);
        return key;
      };
      return {
        objects: elements(xml, 'Contents').map((element) => ({
          key: keyOf(element, 'Key'),
          size: sizeOf(textOf(element, 'Size')),
          etag: entityTag(textOf(element, 'ETag')),
          modifiedAt: Date.parse(textOf(element, 'LastModified') ?? '') || 0,
        })),
        prefixes: elements(xml, 'CommonPrefixes').map((element) => keyOf(element, 'Prefix')),
        next: textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : null,
      };
    },
  };
  return bucket;
}

function headOf({ headers }: Response): ObjectHead {
  const meta: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name.startsWith('x-amz-meta-')) meta[name.slice('x-amz-meta-'.length)] = value;
  });
  return {
    size: Number(headers.get('content-length') ?? 0),
    etag: entityTag(headers.get('etag')),
    modifiedAt: Date.parse(headers.get('last-modified') ?? '') || 0,
    meta,
  };
}

function sizeOf(text: string | null): number {
  if (text === null || !/^\d{1,15}$/.test(text))
    throw new StorageError('the storage listed no size', 'list', false);
  return Number(text);
}

/** In one spelling, to be compared: services differ in quotes, and some call a tag weak that they take as a strong one. */
function entityTag(text: string | null): string {
  return `"${(text ?? '').replace(/^W\//, '').replaceAll('"', '')}"`;
}
