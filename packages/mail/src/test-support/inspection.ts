/** Inspection in tests as a worker thread does it, with a DNS server that answers in time on any machine. */
import type { MailSummary } from '@tinyfat/core';
import type { DnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import type { LookupLimits } from '../authenticate/lookups.ts';
import { senderEvidence } from '../authenticate/sender-evidence.ts';
import type { SenderRequest } from '../authenticate/sender-rule.ts';
import { inspect as inspectMessage } from '../inspect/inspect.ts';
import { nodeResolver } from '../node/dns.ts';
import { strangeClient } from './messages.ts';

/** A request with the DNS servers to ask. */
export type InspectRequest = SenderRequest & { dns: LookupLimits & { servers: string[] } };

/** Inspects one message. */
export function inspect(raw: Uint8Array, request: InspectRequest) {
  return inspectMessage(raw, request, (bytes, summary) => evidenceOf(bytes, summary, request));
}

/** The evidence about the sender of one message whose header is taken to be `summary`. */
export function evidenceOf(raw: Uint8Array, summary: MailSummary, request: InspectRequest) {
  const { servers, budgetMs } = request.dns;
  return senderEvidence(raw, summary, request, () => nodeResolver(servers, budgetMs));
}

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
