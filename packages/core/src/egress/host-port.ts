/** Hosts with ports in one text: IPv6 stands in brackets (RFC 3986 section 3.2.2). */
import { parseIpAddress, parseIpNetwork } from './ip-address.ts';

/** `example.com:443`, `192.0.2.1:443`, `[2001:db8::1]:443`; the host comes without brackets. */
export function hostWithPort(host: string, port: number): string {
  return `${bracketedHost(host)}:${port}`;
}

/** The host as a URL has it: an IPv6 address in brackets, everything else as it is. */
export function bracketedHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The address without the brackets that a URL puts around IPv6; everything else as it is. */
export function withoutBrackets(text: string): string {
  const inner = /^\[([^[\]]*)\]$/.exec(text)?.[1];
  return inner !== undefined && parseIpAddress(inner)?.family === 6 ? inner : text;
}

/**
 * Takes the port off the end of `host:port` and `[address]:port`. `port` is null where none is written; a bare IPv6
 * address or network has none. Null where a port is written that is not from 1 to 65535, or brackets hold
 * no IPv6 address. The host may be anything.
 */
export function splitHostPort(text: string): { host: string; port: number | null } | null {
  if (parseIpNetwork(text).ok) return { host: text, port: null };
  const parts = /^(\[[^[\]]*\][^:]*|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(text);
  if (parts === null) return null;
  const [, written = '', digits] = parts;
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  if (!written.startsWith('[')) return { host: written, port };
  const bracketed = /^\[([^[\]]*)\](\/[0-9]{1,3})?$/.exec(written);
  if (bracketed === null || parseIpAddress(bracketed[1] ?? '')?.family !== 6) return null;
  return { host: `${bracketed[1]}${bracketed[2] ?? ''}`, port };
}

/** Whether a host, as a URL has it (WHATWG: lower case, addresses in their usual form), is this machine. */
export function isLoopbackHostname(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
