/** What a variable that only a server on a machine has may hold, and the words for what it may not. */
import { isIP } from 'node:net';
import { splitHostPort, withoutBrackets } from '@tinyfat/core';
import { readPostgresAddress } from '@tinyfat/database/postgres-address';
import { list, parsedBy, protocolOf } from '@tinyfat/settings';
import * as v from 'valibot';
import { isToken, parseServerUrl } from './server-url.ts';

export * from '@tinyfat/settings';

/** 0 to 65535. */
export const port = v.pipe(
  v.string(),
  v.regex(/^\d{1,5}$/, 'is no port; write a number from 0 to 65535'),
  v.transform(Number),
  v.maxValue(65535, 'is no port; write a number from 0 to 65535'),
);
/** An IP address or `localhost`; gives IPv6 without the brackets that it may stand in. */
export const host = v.pipe(
  v.string(),
  v.transform(withoutBrackets),
  v.check(
    (text) => isIP(text) !== 0 || text === 'localhost',
    'is no IP address; write for example 127.0.0.1, 0.0.0.0 or ::1',
  ),
);
/** CIDR networks. */
export const networks = v.pipe(
  list,
  v.everyItem(isNetwork, 'must be networks such as 192.0.2.0/24 or 2001:db8::/32, with commas between'),
);
/** Where the API of a server is, as `parseServerUrl` allows. */
export const serverUrl = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const parsed = parseServerUrl(text);
    return parsed.ok ? { ok: true, value: parsed.url } : parsed;
  }),
);
/** A token of the API. */
export const token = v.pipe(v.string(), v.check(isToken, 'is no token; tinyfat token create makes them'));
/** An smtp or smtps URL. */
export const mailUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^smtps?:$/.test(protocolOf(text)),
    'is no relay; write smtp://user:password@host:587 or smtps://user:password@host:465',
  ),
);
/** The address of a Postgres database; gives the text. */
export const databaseUrl = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const read = readPostgresAddress(text);
    return read.ok ? { ok: true, value: text } : read;
  }),
);
/** `s3://bucket` or `s3://bucket/prefix`; gives the prefix with a slash at its end. */
export const bucketUrl = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const [, bucket, prefix] =
      /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w.-]+(?:\/[\w.-]+)*))?\/?$/.exec(text) ?? [];
    const isSafe = bucket !== undefined && (prefix === undefined || isPrefix(prefix));
    return isSafe
      ? { ok: true, value: { bucket, root: prefix === undefined ? '' : `${prefix}/` } }
      : { ok: false, reason: 'is no bucket; write s3://bucket or s3://bucket/prefix' };
  }),
);
/** Of S3. */
export const region = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9-]{2,30}$/, 'is no region; write for example auto or eu-central-1'),
);
/** By what a turn reaches its agent's folder. */
export const turnCredentials = v.picklist(['r2', 'parent'], 'must be r2 or parent');
/** Addresses of DNS servers, with or without a port. */
export const resolvers = v.pipe(
  list,
  v.everyItem(isResolver, 'must be addresses such as 192.0.2.53 or 127.0.0.1:5353, with commas between'),
);

/** Short, and without parts that a path would lose. */
function isPrefix(text: string): boolean {
  return text.length <= 200 && text.split('/').every((part) => part !== '.' && part !== '..');
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (/^::ffff:/i.test(address)) return false;
  // A network of everybody would let anyone write in anyone's name.
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]` or `[2001:db8::53]:5353`. */
function isResolver(text: string): boolean {
  return isIP(text) !== 0 || isIP(splitHostPort(text)?.host ?? '') !== 0;
}
