/** A domain with a DKIM key for tests: signs mails, and knows the DNS records that verify them. */
import { generateKeyPairSync } from 'node:crypto';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import type { DnsStubRecords } from './stand-ins/dns-stub.ts';

export interface SigningOptions {
  /** Makes an `l=` tag: how many bytes of the body are signed. */
  maxBodyLength?: number;
  /** Names for `h=`; by default every field that says something. */
  headerList?: string[];
  /** For `t=`; null leaves it out. Now by default. */
  signTime?: Date | null;
}

export interface SigningDomain {
  records: Record<string, DnsStubRecords>;
  /** The message with one DKIM signature in front. */
  sign(raw: Uint8Array, options?: SigningOptions): Promise<Buffer>;
}

/** mailauth writes no `t=` for a time that does not fit into it. */
const timeless = new Date(8.64e15);

/** A domain with a new RSA-2048 key. */
export function signingDomain(domain: string): SigningDomain {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const record = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    records: { [`mail._domainkey.${domain}`]: { TXT: [`v=DKIM1; k=rsa; p=${record}`] } },
    async sign(raw, { signTime = new Date(), ...options } = {}) {
      // mailauth reads only the list; its type asks for the same values beside it.
      const key = { signingDomain: domain, selector: 'mail', privateKey: pem };
      const signed = await dkimSign(Buffer.from(raw), {
        canonicalization: 'relaxed/relaxed',
        signTime: signTime ?? timeless,
        ...key,
        signatureData: [{ ...key, ...options }],
      });
      return Buffer.concat([Buffer.from(signed.signatures), raw]);
    },
  };
}
