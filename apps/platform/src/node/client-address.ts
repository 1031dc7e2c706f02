/** Who is at the other end, where proxies of the operator's stand between. */
import type { IncomingHttpHeaders } from 'node:http';
import { normalAddress } from '@tinyfat/mail/network';
import type { RequestOrigin } from '../contract.ts';

/**
 * The rightmost address that no trusted proxy wrote: each proxy appends whom it saw to X-Forwarded-For, and what stands
 * left of a stranger's address is whatever that stranger wrote.
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
