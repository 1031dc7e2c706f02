/** DKIM signatures (RFC 6376, relaxed/simple) with any tags, right or wrong, over real bytes: what no signer would make. */
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import type { DnsStubRecords } from './stand-ins/dns-stub.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** The key under a selector `s` of a domain, with further tags of the record such as `t=y;`. */
export function keyRecord(domain: string, tags = ''): Record<string, DnsStubRecords> {
  return { [`s._domainkey.${domain}`]: { TXT: [`v=DKIM1; k=rsa; ${tags} p=${key}`] } };
}

/**
 * The message (CRLF) with a signature over From, Subject and body on top, whose tags are these: those of a good
 * signature of `evil.example`, changed, added, or left out with null. Hash and signature are right for them.
 */
export function signOddly(raw: Uint8Array, change: Record<string, string | null> = {}): Buffer {
  const text = Buffer.from(raw).toString('latin1');
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const tags: Record<string, string | null> = {
    v: '1',
    a: 'rsa-sha256',
    c: 'relaxed/simple',
    d: 'evil.example',
    s: 's',
    h: 'from:subject',
    bh: createHash('sha256').update(body, 'latin1').digest('base64'),
    ...change,
    b: '',
  };
  const value = Object.entries(tags)
    .filter(([, tag]) => tag !== null)
    .map(([name, tag]) => `${name}=${tag}`)
    .join('; ');
  const signed = ['from', 'subject'].map((name) => {
    const line = head.split('\r\n').find((field) => field.toLowerCase().startsWith(`${name}:`)) ?? '';
    return `${name}:${relaxed(line.slice(name.length + 1))}\r\n`;
  });
  const bytes = Buffer.from(`${signed.join('')}dkim-signature:${relaxed(value)}`, 'utf8');
  const signature = createSign('sha256').update(bytes).sign(privateKey, 'base64');
  return Buffer.concat([Buffer.from(`DKIM-Signature: ${value}${signature}\r\n`, 'utf8'), raw]);
}

function relaxed(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim();
}
