/** What a variable of the environment may hold, and the words for what it may not; none repeats a value. */
import { isIP } from 'node:net';
import {
  canonicalAddress,
  canonicalDomain,
  parseEgressAllow,
  parseMasterKeys,
  parseUsd,
  parseWebhookSecret,
  splitHostPort,
  withoutBrackets,
} from '@tinyfat/core';
import { readPostgresAddress } from '@tinyfat/database/postgres';
import * as v from 'valibot';
import { isToken, parseServerUrl } from './server-url.ts';

const WRONG_ADDRESSES = 'must be e-mail addresses such as you@example.com, with commas between';
const WRONG_SECRETS = 'must be signing secrets as Resend shows them, whsec_…, with commas between';

/** Leaves reading to a function of ours, which says itself what is wrong. */
function parsedBy<In, Out>(read: (input: In) => { ok: true; value: Out } | { ok: false; reason: string }) {
  return v.rawTransform<In, Out>(({ dataset, addIssue, NEVER }) => {
    const parsed = read(dataset.value);
    if (parsed.ok) return parsed.value;
    addIssue({ message: parsed.reason });
    return NEVER;
  });
}

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
/** A domain name, in lower case. */
export const domain = v.pipe(
  v.string(),
  v.transform((text) => {
    const parsed = canonicalDomain(text);
    return parsed.ok ? parsed.domain : '';
  }),
  v.regex(
    /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/,
    'is no domain name; write for example agents.example.com',
  ),
);
/** A whole number from 1 to `most`. */
export const count = (most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,8}$/, `must be a whole number from 1 to ${most}`),
    v.transform(Number),
    v.maxValue(most, `must be a whole number from 1 to ${most}`),
  );
/** A whole number of days, at least so many, or `forever`, which gives null. */
export const days = (least: number) => {
  const what = `must be forever, or a whole number of days from ${least} to 36500`;
  return v.pipe(
    v.string(),
    v.regex(/^([1-9]\d{0,4}|forever)$/, what),
    v.transform((text) => (text === 'forever' ? null : Number(text))),
    v.check((days) => days === null || (days >= least && days <= 36_500), what),
  );
};
const list = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
);
/** CIDR networks. */
export const networks = v.pipe(
  list,
  v.everyItem(isNetwork, 'must be networks such as 192.0.2.0/24 or 2001:db8::/32, with commas between'),
);
/** Names of servers as they stand first in Authentication-Results (RFC 8601); lower case. */
export const authservIds = v.pipe(
  list,
  v.transform((ids) => ids.map((id) => id.toLowerCase())),
  v.everyItem(
    (id) => /^[a-z0-9][a-z0-9._-]{0,252}$/.test(id),
    'must be names as they stand first in Authentication-Results, such as mx.example.com, with commas between',
  ),
);
/** E-mail addresses; canonical. */
export const addresses = v.pipe(
  list,
  parsedBy((texts: string[]) => {
    const parsed = texts.map(canonicalAddress);
    const values = parsed.flatMap((one) => (one.ok ? [one.address] : []));
    return values.length === parsed.length
      ? { ok: true, value: values }
      : { ok: false, reason: WRONG_ADDRESSES };
  }),
);
/** An http or https URL; without a slash at its end. */
export const webUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:$/.test(protocolOf(text)),
    'is no web address; write for example https://agents.example.com',
  ),
  v.transform((text) => text.replace(/\/+$/, '')),
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
/** A key of a provider. */
export const secret = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]+$/, 'has blanks or other characters that no key has'),
);
/** Signing secrets of Resend; bytes. */
export const webhookSecrets = v.pipe(
  list,
  parsedBy((texts: string[]) => {
    const values = texts.map(parseWebhookSecret).filter((one) => one !== null);
    return values.length === texts.length
      ? { ok: true, value: values }
      : { ok: false, reason: WRONG_SECRETS };
  }),
);
/** `user:password`, any number of them. */
export const credentials = v.pipe(
  list,
  v.everyItem(
    (text) => /^[!-9;-~]+:[!-~]+$/.test(text),
    'must be user:password in letters, digits and signs, with commas between several of them',
  ),
);
/** Names of hosts; lower case. */
export const hostNames = v.pipe(
  list,
  v.transform((names) => names.map((name) => name.toLowerCase())),
  v.everyItem(
    (name) => /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}$/.test(name),
    'must be names of hosts such as cdn.example.com, with commas between; an IP address is none',
  ),
);
/** Hosts that need not be public. */
export const egressAllow = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const parsed = parseEgressAllow(text);
    return parsed.ok ? { ok: true, value: parsed.allow } : { ok: false, reason: withoutStop(parsed.reason) };
  }),
);
/** `id:key`, any number of them. */
export const masterKeys = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const parsed = parseMasterKeys(text);
    return parsed.ok ? { ok: true, value: parsed.keys } : parsed;
  }),
);
/** US dollars; gives micro-dollars. */
export const usd = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const parsed = parseUsd(text);
    return parsed.ok
      ? { ok: true, value: parsed.microUsd }
      : { ok: false, reason: `is no amount; ${parsed.reason}` };
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
/** Who may sign in besides admins. */
export const signUp = v.picklist(['closed', 'open'], 'must be closed or open');
/** Of the log. */
export const level = v.picklist(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error');
/** Addresses of DNS servers, with or without a port. */
export const resolvers = v.pipe(
  list,
  v.everyItem(isResolver, 'must be addresses such as 192.0.2.53 or 127.0.0.1:5353, with commas between'),
);

/** The reader of settings puts its own full stop. */
function withoutStop(reason: string): string {
  return reason.replace(/\.$/, '');
}

/** Short, and without parts that a path would lose. */
function isPrefix(text: string): boolean {
  return text.length <= 200 && text.split('/').every((part) => part !== '.' && part !== '..');
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
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
