/**
 * The operations on a bucket that storage needs, over a Worker's R2 binding. What is written by it and what is written by
 * R2's S3 API is the same: `customMetadata` are the headers `x-amz-meta-…`.
 */
import { sha256Hex } from '@tinyfat/core';
import { type Bucket, type ObjectHead, type OpenedObject, SUM } from '../bucket/bucket.ts';
import { StorageError } from '../bucket/errors.ts';
import { answerInTime, type BucketRuntime, withTries } from '../bucket/tries.ts';
import type { R2Binding, R2Body, R2Head, R2Stream } from './binding.ts';
import { failure } from './errors.ts';
import { fromStream } from './from-stream.ts';
import { inLargePieces } from './large-pieces.ts';

/** Of one call, to list or to remove. */
const MAX_KEYS = 1000;
/** Times that an object is replaced between the question for its size and that for a part of it. */
const MAX_CHANGES = 5;

/** Opens a bucket. Rejections are `StorageError`s. */
export function openR2Bucket<Stream extends R2Stream>(
  binding: R2Binding<Stream>,
  runtime: BucketRuntime,
): Bucket {
  const ask = <Answer>(
    method: string,
    key: string,
    sentBytes: number,
    once: () => Promise<Answer>,
  ): Promise<Answer> =>
    answerInTime(sentBytes, once).catch((error) => {
      throw failure(method, key, error);
    });
  const answerOf = async <Answer>(
    method: string,
    key: string,
    once: () => Promise<Answer>,
  ): Promise<Answer> => (await withTries(() => ask(method, key, 0, once), runtime)).answer;

  /** Asked for by its size, and only of the object that has it: a part that begins at the end is an error of R2's. */
  const getPart = async (key: string, from: number, length: number): Promise<OpenedObject | null> => {
    let found = await answerOf('head', key, () => binding.head(key));
    for (let tries = 0; tries < MAX_CHANGES; tries += 1) {
      if (found === null) return null;
      const size = Math.min(found.size - from, length);
      if (size <= 0) return { ...headOf(found), size: 0, body: null };
      const options = { range: { offset: from, length: size }, onlyIf: { etagMatches: found.etag } };
      const answer: R2Head | R2Body<Stream> | null = await answerOf('get', key, () =>
        binding.get(key, options),
      );
      const body = answer && bodyOf(answer);
      if (answer !== null && body !== null) return { ...headOf(answer), size, body: inLargePieces(body) };
      found = answer;
    }
    throw new StorageError(`${key} changes faster than it is read`, 'changing', true);
  };

  const bucket: Bucket = {
    async get(key, range) {
      if (range) return await getPart(key, range.from, Math.max(range.length, 1));
      const answer = await answerOf('get', key, () => binding.get(key));
      const body = answer && bodyOf(answer);
      return answer && { ...headOf(answer), body: body && inLargePieces(body) };
    },

    async head(key) {
      const answer = await answerOf('head', key, () => binding.head(key));
      return answer && headOf(answer);
    },

    async put(key, content, { only, meta = {} } = {}) {
      const whole = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      const isStream = !(whole instanceof Uint8Array);
      const sha256 = isStream ? whole.sha256 : await sha256Hex(whole);
      const options = {
        customMetadata: { [SUM]: sha256, ...meta },
        sha256,
        ...(only && {
          onlyIf: only === 'absent' ? { etagDoesNotMatch: '*' } : { etagMatches: bare(only.etag) },
        }),
      };
      const put = () =>
        isStream
          ? ask('put', key, whole.size, () =>
              fromStream<Stream, R2Head | null>(whole, (body) => binding.put(key, body, options)),
            )
          : ask('put', key, whole.length, () => binding.put(key, whole, options));
      const { answer, tries } = await withTries(put, runtime);
      if (answer !== null) return { ok: true, etag: quoted(answer.etag) };
      // The answer to an earlier try may have been lost: then the object is ours.
      const there = tries > 1 ? await bucket.head(key) : null;
      if (there?.meta[SUM] === sha256) return { ok: true, etag: there.etag };
      return { ok: false, reason: 'conflict' };
    },

    async copy(from, to, etag) {
      const onlyIf = { etagMatches: bare(etag) };
      const copyOnce = async () => {
        const source = await ask('get', from, 0, () => binding.get(from, { onlyIf }));
        const body = source && bodyOf(source);
        if (source === null || body === null) return false;
        const { size, customMetadata = {} } = source;
        // From stream to stream: the content never is in the memory of the Worker as a whole.
        await ask('put', to, size, () => binding.put(to, body, { customMetadata }));
        return true;
      };
      return (await withTries(copyOnce, runtime)).answer;
    },

    async remove(keys) {
      for (let at = 0; at < keys.length; at += MAX_KEYS) {
        const some = keys.slice(at, at + MAX_KEYS);
        await answerOf('delete', some[0] ?? '', () => binding.delete(some));
      }
    },

    async list({ prefix, delimiter, startAfter, after, most = MAX_KEYS }) {
      const options = {
        prefix,
        limit: Math.min(most, MAX_KEYS),
        ...(delimiter && { delimiter }),
        ...(after ? { cursor: after } : startAfter ? { startAfter } : {}),
      };
      const page = await answerOf('list', prefix, () => binding.list(options));
      const keys = [...page.objects.map(({ key }) => key), ...page.delimitedPrefixes];
      if (!keys.every((key) => key.startsWith(prefix)))
        throw new StorageError('the storage listed another prefix', 'list', false);
      return {
        objects: page.objects.map((object) => {
          const { size, etag, modifiedAt } = headOf(object);
          return { key: object.key, size, etag, modifiedAt };
        }),
        prefixes: [...page.delimitedPrefixes],
        next: page.truncated ? (page.cursor ?? null) : null,
      };
    },
  };
  return bucket;
}

function headOf({ size, etag, uploaded, customMetadata = {} }: R2Head): ObjectHead {
  return { size, etag: quoted(etag), modifiedAt: uploaded.getTime(), meta: { ...customMetadata } };
}

/** Null where a condition did not hold. */
function bodyOf<Stream>(object: R2Head | R2Body<Stream>): Stream | null {
  return 'body' in object ? object.body : null;
}

/** An entity tag as S3 spells it. */
function quoted(etag: string): string {
  return `"${etag}"`;
}

function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
