import type { AuthenticationEvidence, ClientConnection } from '@tinyfat/core';
import { authenticate } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { inspect } from '../inspect/inspect.ts';
import { signMail } from '../test-support/dkim-signature.ts';
import type { DnsResolver } from './lookups.ts';
import { senderEvidence } from './sender-evidence.ts';

const mail = new TextEncoder().encode(
  'From: Ann <ann@example.com>\r\nTo: bot@agents.test\r\nSubject: x\r\n\r\nhello\r\n',
);
const stranger: ClientConnection = { address: '192.0.2.1', helo: 'mx.example.com', trusted: false };
const reject = { '_dmarc.example.com': ['v=DMARC1; p=reject'] };

/** Answers for TXT records; whatever else there is does not exist. */
function resolverOf(records: Record<string, string[]>): DnsResolver {
  return {
    async resolve(name, type) {
      const found = type === 'TXT' ? records[name] : undefined;
      if (found === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
      return found.map((text) => [text]);
    },
    cancel: () => undefined,
  };
}

async function evidenceOf(
  raw: Uint8Array,
  records: Record<string, string[]>,
  { client = stranger, authservIds = [] as string[] } = {},
): Promise<AuthenticationEvidence> {
  const request = {
    client,
    envelopeSender: 'ann@example.com',
    hostname: 'mx.agents.test',
    dns: { budgetMs: 5000, lookups: 50 },
    authservIds,
  };
  const found = await inspect(raw, request, (...about) =>
    senderEvidence(...about, () => resolverOf(records)),
  );
  if (!found.ok) throw new Error(found.reason);
  return found.evidence;
}

describe('in workerd', () => {
  it.each(['rsa', 'ed25519'] as const)('a signature by %s proves its author', async (algorithm) => {
    const { raw, records } = await signMail(mail, 'example.com', algorithm);
    const evidence = await evidenceOf(raw, { ...records, ...reject });
    expect(evidence).toMatchObject({
      dkim: [{ result: 'pass', domain: 'example.com', aligned: true }],
      dmarc: { result: 'pass', policy: 'reject' },
    });
    expect(evidence.dkim[0]?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(authenticate(evidence, 'example.com').state).toBe('authenticated');
  });

  it.each(['rsa', 'ed25519'] as const)(
    'a signature by %s proves nothing of other bytes',
    async (algorithm) => {
      const { raw, records } = await signMail(mail, 'example.com', algorithm);
      const changed = (from: string, to: string) =>
        new TextEncoder().encode(new TextDecoder().decode(raw).replace(from, to));
      for (const bytes of [changed('hello', 'hullo'), changed('Subject: x', 'Subject: y')]) {
        const evidence = await evidenceOf(bytes, { ...records, ...reject });
        expect(evidence).toMatchObject({ dkim: [{ result: 'fail' }], dmarc: { result: 'fail' } });
        expect(authenticate(evidence, 'example.com').state).toBe('refused');
      }
    },
  );

  it('a signature by another key proves nothing', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => signMail(mail, 'example.com', 'rsa')));
    const evidence = await evidenceOf(one?.raw ?? mail, { ...other?.records, ...reject });
    expect(evidence).toMatchObject({ dkim: [{ result: 'fail' }], dmarc: { result: 'fail' } });
  });

  it.each([
    ['192.0.2.1', 'pass', 'authenticated'],
    ['192.0.2.9', 'fail', 'refused'],
  ])('SPF of %s is %s', async (address, result, state) => {
    const records = { 'example.com': ['v=spf1 ip4:192.0.2.1 -all'], ...reject };
    const evidence = await evidenceOf(mail, records, { client: { ...stranger, address } });
    expect(evidence.spf).toMatchObject({ result, domain: 'example.com' });
    expect(authenticate(evidence, 'example.com').state).toBe(state);
  });

  it('an unanswered lookup puts the mail off', async () => {
    const { raw } = await signMail(mail, 'example.com', 'rsa');
    const request = {
      client: stranger,
      envelopeSender: 'ann@example.com',
      hostname: 'mx.agents.test',
      dns: { budgetMs: 100, lookups: 50 },
      authservIds: [],
    };
    const silent = { resolve: () => new Promise<never>(() => undefined), cancel: () => undefined };
    const found = await inspect(raw, request, (...about) => senderEvidence(...about, () => silent));
    expect(found.ok && authenticate(found.evidence, 'example.com').state).toBe('temporary');
  });

  it('a server that the operator named is believed about what a trusted client hands on', async () => {
    const field = 'Authentication-Results: mx.provider.test; dmarc=pass header.from=example.com\r\n';
    const raw = new TextEncoder().encode(field + new TextDecoder().decode(mail));
    const client = { ...stranger, trusted: true };
    const evidence = await evidenceOf(raw, reject, { client, authservIds: ['mx.provider.test'] });
    expect(evidence).toMatchObject({ source: 'asserted', authserv: 'mx.provider.test' });
  });
});
