/**
 * Signed requests to one bucket (SigV4 by aws4fetch), each bounded in time, and tried again where another try can do no
 * harm. What comes back is an answer below 300, or a status that the caller said it expects.
 */
import { sha256Hex } from '@tinyfat/core';
import { AwsClient } from 'aws4fetch';
import { discard, readAll } from '../bucket/body.ts';
import { StorageError } from '../bucket/errors.ts';
import { answerInTime, type BucketRuntime, withTries } from '../bucket/tries.ts';
import { refusal, unreachable } from './errors.ts';
import { textOf } from './xml.ts';

/** Keys of S3; with a session token they are temporary. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A bucket and who asks for it. */
export interface S3Account {
  /** Without a slash at its end; the bucket follows as the first part of the path. */
  endpoint: string;
  region: string;
  bucket: string;
  credentials: S3Credentials;
}

/** One request; `key` is empty for the bucket itself. */
export interface S3Call {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  /** Statuses of 300 and more that are answers and no errors. */
  expects?: readonly number[];
}

const MAX_ERROR_BYTES = 64 * 1024;

/** Sends one call, and again where it is worth it; `tries` says how often it was sent. */
export type Send = (call: S3Call) => Promise<{ response: Response; tries: number }>;

/** Makes the sender of a bucket. Rejections are `StorageError`s. */
export function sender({ endpoint, region, bucket, credentials }: S3Account, runtime: BucketRuntime): Send {
  const client = new AwsClient({ ...credentials, service: 's3', region });
  const once = async (call: S3Call): Promise<Response> => {
    const { method, key, body = null } = call;
    const what = `${bucket}/${key}`;
    const url = new URL(`${endpoint}/${bucket}${key === '' ? '' : `/${encodeKey(key)}`}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const headers = { ...call.headers, 'x-amz-content-sha256': await sha256Hex(body ?? new Uint8Array()) };
    const datetime = new Date(runtime.clock()).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const signed = await client.sign(url.href, { method, headers, body, aws: { datetime } });
    const response = await answerInTime(body?.length ?? 0, (signal) =>
      fetch(signed, { signal, redirect: 'manual' }),
    ).catch((error) => {
      throw unreachable(method, what, error);
    });
    if (response.status < 300 || call.expects?.includes(response.status)) return response;
    throw refusal(method, what, response.status, await codeOf(response));
  };
  return async (call) => {
    const { answer, tries } = await withTries(() => once(call), runtime);
    return { response: answer, tries };
  };
}

/** The key as it stands in a path or in `x-amz-copy-source`. Throws a `StorageError` for one that can't stand there. */
export function encodeKey(key: string): string {
  const parts = key.split('/');
  // In a URL they would lead to another key.
  if (parts.some((part) => part === '.' || part === '..'))
    throw new StorageError(`${JSON.stringify(key)} is no key: a part of it is "." or ".."`, 'invalid', false);
  return parts.map(strictlyEncoded).join('/');
}

/** As signatures have it (RFC 3986), so that a service need not write the path anew to check one. */
function strictlyEncoded(part: string): string {
  const percent = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(part).replace(/[!'()*]/g, percent);
}

/** S3's code in the body of an error; empty where there is none. */
async function codeOf(response: Response): Promise<string> {
  try {
    const bytes = await readAll(response.body, MAX_ERROR_BYTES);
    return bytes === null
      ? ''
      : (textOf(new TextDecoder().decode(bytes), 'Code') ?? '').replace(/\W.*/s, '').slice(0, 60);
  } catch {
    await discard(response.body);
    return '';
  }
}
