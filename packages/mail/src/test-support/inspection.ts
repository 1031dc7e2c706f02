/** What tests ask of an inspection: a strange client, and a DNS server that answers in time on any machine. */

import type { DnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import type { InspectRequest } from '../inspect/inspect.ts';
import { strangeClient } from './messages.ts';

/** The request; null for `dns` where nothing may be looked up. */
export function inspectionOf(
  dns: Pick<DnsStub, 'address'> | null,
  envelopeSender: string,
  over: Partial<Pick<InspectRequest, 'client' | 'authservIds'>> = {},
): InspectRequest {
  return {
    client: strangeClient,
    envelopeSender,
    hostname: 'mx.agents.test',
    dns:
      dns === null
        ? { servers: [], budgetMs: 1, lookups: 0 }
        : { servers: [dns.address], budgetMs: 20_000, lookups: 50 },
    authservIds: [],
    ...over,
  };
}
