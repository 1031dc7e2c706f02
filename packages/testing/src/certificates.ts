/**
 * X.509 certificates for tests (RFC 5280), made in the process: any names, any dates, signed by themselves or by an
 * authority made before. Keys are P-256.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** PEM texts. */
export interface TestCertificate {
  key: string;
  cert: string;
}

export interface CertificateWishes {
  /** Host names and IP addresses; the first is the subject's common name, too. */
  names: string[];
  /** Default: an hour ago, and in 30 days. */
  from?: Date;
  until?: Date;
  /** Who signs it; itself by default. */
  issuer?: TestCertificate & { name: string };
  /** May sign others. */
  authority?: boolean;
}

const HOUR_MS = 3_600_000;
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** Makes one. */
export function makeCertificate(wishes: CertificateWishes): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [first = 'nobody'] = wishes.names;
  const from = wishes.from ?? new Date(Date.now() - HOUR_MS);
  const until = wishes.until ?? new Date(Date.now() + 30 * 24 * HOUR_MS);
  const body = sequence(
    der(0xa0, der(0x02, bytes(2))),
    der(0x02, bytes(0x01, ...randomBytes(8))),
    ECDSA_WITH_SHA256,
    distinguishedName(wishes.issuer?.name ?? first),
    sequence(time(from), time(until)),
    distinguishedName(first),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(wishes))),
  );
  const signer: KeyObject = wishes.issuer ? createPrivateKey(wishes.issuer.key) : privateKey;
  const signature = der(0x03, bytes(0), sign('sha256', body, signer));
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, signature)),
  };
}

function extensions({ names, authority = false }: CertificateWishes): Uint8Array[] {
  const constraints = sequence(...(authority ? [der(0x01, bytes(0xff))] : []));
  const alternatives = sequence(
    ...names.map((name) =>
      isIP(name) === 4
        ? der(0x87, Uint8Array.from(name.split('.'), Number))
        : der(0x82, Buffer.from(name, 'latin1')),
    ),
  );
  return [
    sequence(oid(0x55, 0x1d, 0x13), der(0x01, bytes(0xff)), der(0x04, constraints)),
    sequence(oid(0x55, 0x1d, 0x11), der(0x04, alternatives)),
  ];
}

function distinguishedName(name: string): Uint8Array {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))));
}

/** GeneralizedTime: `20261128100000Z`. */
function time(at: Date): Uint8Array {
  return der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

function oid(...encoded: number[]): Uint8Array {
  return der(0x06, bytes(...encoded));
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([bytes(tag, ...head), content]);
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
