/** The address of a client behind the operator's proxies. */
import type { IncomingHttpHeaders } from 'node:http';
import { normalAddress } from '@tinyfat/mail/network';
import type { RequestOrigin } from '../contract.ts';

/**
 * The rightmost address that is no trusted proxy: each proxy appends its peer to X-Forwarded-For, and everything left of a
 * client's address is the client's own invention.
 */
export function requestOrigin(
  peer: string,
  headers: IncomingHttpHeaders,
  isProxy: (address: string) => boolean,
): RequestOrigin {
  const direct = normalAddress(peer);
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const hops = forwarded
    .split(',')
    .map(normalAddress)
    .filter((hop) => hop !== '');
  let clientAddress = direct;
  while (isProxy(clientAddress)) {
    const next = hops.pop();
    if (next === undefined) break;
    clientAddress = next;
  }
  const isLoopback = direct.startsWith('127.') || direct === '::1';
  return { clientAddress, local: isLoopback && forwarded === '' };
}
