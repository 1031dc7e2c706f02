/** Verdicts per second on a signed mail: our workers, evidence and rules against mailauth's `authenticate` alone. */
import { Resolver } from 'node:dns/promises';
import { availableParallelism } from 'node:os';
import { admit, parseAllowEntry } from '@tinyfat/core';
import { mailWorkers } from '@tinyfat/mail/node';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { authenticate } from 'mailauth';
import { letter } from '../e2e/support/intake.ts';

const MAILS = 1000;
const AT_ONCE = 32;
const SENDER = 'owner@example.com';
const CLIENT = '192.0.2.1';

/** Both figures in verdicts per second, on the same mail and the same DNS server. */
export async function measureVerdicts(): Promise<{ ours: number; alone: number; threads: number }> {
  const domain = signingDomain('example.com');
  const dns = await startDnsStub({
    ...domain.records,
    '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
    'example.com': { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] },
  });
  const raw = await domain.sign(letter({}, 'A line of text.\r\n'.repeat(60)));
  const threads = availableParallelism();
  const workers = mailWorkers({ threads, dns: { servers: [dns.address] }, hostname: 'mx.agents.example' });
  const entry = parseAllowEntry(SENDER);
  if (!entry.ok) throw new Error(entry.reason);
  const ours = async () => {
    const inspection = await workers.inspect(
      raw,
      { address: CLIENT, helo: 'mx.example.com', trusted: false },
      SENDER,
    );
    const verdict = admit({
      inspection,
      envelopeSender: SENDER,
      agent: { name: 'scout', address: 'scout@agents.example.org' },
      viaSecretAddress: false,
      now: Date.now(),
      allowList: [entry.entry],
      isOwnAddress: () => false,
    });
    if (verdict.verdict !== 'accepted') throw new Error(verdict.reason);
  };
  const resolver = new Resolver();
  resolver.setServers([dns.address]);
  const alone = async () => {
    const { dmarc } = await authenticate(raw, {
      ip: CLIENT,
      helo: 'mx.example.com',
      sender: SENDER,
      mta: 'mx.agents.example',
      resolver: (name: string, type: string) => resolver.resolve(name, type) as Promise<string[]>,
    });
    if (dmarc === false || dmarc.status.result !== 'pass') throw new Error('mailauth refused the mail');
  };
  try {
    return { alone: await rate(alone), ours: await rate(ours), threads };
  } finally {
    await workers.close();
    await dns.close();
  }
}

/** After a round that warms everything up. */
async function rate(work: () => Promise<void>): Promise<number> {
  await times(100, work);
  const began = performance.now();
  await times(MAILS, work);
  return (MAILS * 1000) / (performance.now() - began);
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
