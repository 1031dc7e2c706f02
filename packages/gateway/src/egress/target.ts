import { bracketedHost, hostWithPort, type IpAddress, parseIpAddress, printableAscii } from '@tinyfat/core';

/** A host and port that may be looked up; whether it may be reached is decided later. */
export type EgressTarget =
  /**
   * `host` is lower case, without brackets and without the final dot; `address` is null for a name. `local` says why a
   * name is not on the public internet, null for all others.
   */
  | { ok: true; host: string; address: IpAddress | null; port: number; local: string | null }
  | { ok: false; reason: string };

const AUTHORITY = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,254}))(?::([0-9]{1,5}))?$/i;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What the WHATWG URL standard and inet_aton take for a number: such a last label makes the host an address. */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Names that never are on the public internet: IANA's Special-Use Domain Names (RFC 6761, 6762, 7686, 8375, 9476),
 * ICANN's `internal`, and those that routers and offices use for their inside.
 */
const LOCAL_SUFFIXES = [
  'alt',
  'corp',
  'example',
  'home',
  'home.arpa',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'mail',
  'onion',
  'private',
  'test',
];

/**
 * Reads `host:port` (RFC 9112 section 3.2.3) strictly. Spellings that a resolver or URL parser would turn into
 * an address (`2130706433`, `0x7f.1`, `127.1`, `0177.0.0.1`), zone ids, user names and everything outside plain
 * ASCII letters and digits are refused here, before any lookup; single labels and local names are marked.
 */
export function parseAuthority(authority: string, defaultPort: number | null): EgressTarget {
  const match = AUTHORITY.exec(authority);
  if (match === null) return refused('the target is not a plain host:port');
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port === null || port < 1 || port > 65_535)
    return refused('the target needs a port between 1 and 65535');
  const bracketed = match[1];
  if (bracketed !== undefined) {
    const address = parseIpAddress(bracketed);
    return address?.family === 6
      ? { ok: true, host: address.text, address, port, local: null }
      : refused('not an IPv6 address');
  }
  const plain = (match[2] ?? '').toLowerCase();
  const address = parseIpAddress(plain);
  if (address !== null) return { ok: true, host: address.text, address, port, local: null };
  const host = plain.replace(/\.$/, '');
  const reason = whyNoName(host);
  return reason === null ? { ok: true, host, address: null, port, local: whyLocal(host) } : refused(reason);
}

/** Longest name of a host, and of what was asked for in the place of one. */
const MAX_HOST_LENGTH = 253;

/** Host and port of a refusal for people to read: what the sandbox chose is bounded and printable. */
export function refusedTarget(asked: string, target: EgressTarget): { host: string; port: number | null } {
  return target.ok
    ? { host: target.host, port: target.port }
    : { host: printableAscii(asked, MAX_HOST_LENGTH), port: null };
}

function whyNoName(host: string): string | null {
  const labels = host.split('.');
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return 'not a host name';
  return NUMBER.test(labels.at(-1) ?? '') ? 'not an address in plain dotted form' : null;
}

function whyLocal(host: string): string | null {
  if (!host.includes('.')) return 'a name without a dot is not public';
  return LOCAL_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
    ? 'the name is reserved for local use'
    : null;
}

/** A request in absolute form (RFC 9112 section 3.2.2), taken apart without a URL parser's repairs. */
type AbsoluteForm =
  | { ok: true; target: EgressTarget & { ok: true }; authority: string; path: string }
  | { ok: false; reason: string };

const ABSOLUTE_FORM = /^http:\/\/([^/?#\\@]*)([/?][\x21-\x22\x24-\x7e]*)?$/i;

/** Reads `http://host[:port]/path?query`; no user name, no fragment. `authority` is what Host has to say. */
export function parseAbsoluteForm(url: string): AbsoluteForm {
  const match = ABSOLUTE_FORM.exec(url);
  if (match === null) return { ok: false, reason: 'the proxy takes http://host/path only' };
  const target = parseAuthority(match[1] ?? '', 80);
  if (!target.ok) return target;
  const path = match[2] ?? '/';
  const { host, port } = target;
  const authority = port === 80 ? bracketedHost(host) : hostWithPort(host, port);
  return { ok: true, target, authority, path: path.startsWith('?') ? `/${path}` : path };
}

function refused(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
