/** What a setting may hold, and the words for what it may not; none repeats a value. */
import {
  canonicalAddress,
  canonicalDomain,
  parseEgressAllow,
  parseMasterKeys,
  parseUsd,
  parseWebhookSecret,
} from '@tinyfat/core';
import * as v from 'valibot';

const WRONG_ADDRESSES = 'must be e-mail addresses such as you@example.com, with commas between';
const WRONG_SECRETS = 'must be signing secrets as Resend shows them, whsec_…, with commas between';

/** Leaves reading to a function of ours, which says itself what is wrong. */
export function parsedBy<In, Out>(
  read: (input: In) => { ok: true; value: Out } | { ok: false; reason: string },
) {
  return v.rawTransform<In, Out>(({ dataset, addIssue, NEVER }) => {
    const parsed = read(dataset.value);
    if (parsed.ok) return parsed.value;
    addIssue({ message: parsed.reason });
    return NEVER;
  });
}

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
/** Texts with commas between. */
export const list = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
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
/** Address of a service over TLS, or of this machine; with its path as it is, no user and no password in it. */
export const httpsUrl = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.parse(text);
    if (url === null || url.username !== '' || url.password !== '') return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1');
  }, 'is no address of a service over TLS; write for example https://cloudflare-dns.com/dns-query'),
);
/** A key of a provider. */
export const secret = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]+$/, 'has blanks or other characters that no key has'),
);
/** A secret that nobody can guess, however often they try. */
export const longSecret = v.pipe(
  secret,
  v.minLength(24, 'is too short to be secret; make one of 24 characters or more: openssl rand -hex 24'),
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
/** One `id:key`. */
export const oneKey = v.pipe(
  v.string(),
  parsedBy((text: string) => {
    const parsed = parseMasterKeys(text);
    if (!parsed.ok) return parsed;
    const [key, ...others] = parsed.keys;
    return others.length === 0
      ? { ok: true, value: key }
      : { ok: false, reason: 'has more than one key; write one as id:key' };
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
/** Who may sign in besides admins. */
export const signUp = v.picklist(['closed', 'open'], 'must be closed or open');
/** Of the log. */
export const level = v.picklist(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error');
/** The reader of settings puts its own full stop. */
function withoutStop(reason: string): string {
  return reason.replace(/\.$/, '');
}

/** Protocol of a URL with its colon; empty for what is none. */
export function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}
