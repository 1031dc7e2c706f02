/** DKIM signatures (RFC 6376, relaxed/simple; RFC 8463) by WebCrypto alone, for tests that run in workerd too. */

const algorithms = {
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
  ed25519: { name: 'Ed25519' },
} as const;

export interface SignedMail {
  raw: Uint8Array;
  /** TXT records by name: the key. */
  records: Record<string, string[]>;
}

/** The message (CRLF) with a signature over From, Subject and body on top, by a new key of the domain. */
export async function signMail(
  raw: Uint8Array,
  domain: string,
  algorithm: keyof typeof algorithms,
): Promise<SignedMail> {
  const key = await crypto.subtle.generateKey(algorithms[algorithm], true, ['sign', 'verify']);
  if (!('privateKey' in key)) throw new Error('A pair of keys was asked for.');
  const text = new TextDecoder().decode(raw);
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const bodyHash = base64(await crypto.subtle.digest('SHA-256', bytes(body)));
  const value = `v=1; a=${algorithm}-sha256; c=relaxed/simple; d=${domain}; s=s; h=from:subject; bh=${bodyHash}; b=`;
  const signed = ['from', 'subject'].map((name) => {
    const line = head.split('\r\n').find((field) => field.toLowerCase().startsWith(`${name}:`)) ?? '';
    return `${name}:${line.slice(name.length + 1).trim()}\r\n`;
  });
  const header = bytes(`${signed.join('')}dkim-signature:${value}`);
  const toSign = algorithm === 'rsa' ? header : await crypto.subtle.digest('SHA-256', header);
  const signature = await crypto.subtle.sign(algorithms[algorithm].name, key.privateKey, toSign);
  const published = await crypto.subtle.exportKey(algorithm === 'rsa' ? 'spki' : 'raw', key.publicKey);
  if (!(published instanceof ArrayBuffer)) throw new Error('Bytes were asked for.');
  return {
    raw: bytes(`DKIM-Signature: ${value}${base64(signature)}\r\n${text}`),
    records: { [`s._domainkey.${domain}`]: [`v=DKIM1; k=${algorithm}; p=${base64(published)}`] },
  };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64(data: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(data)));
}
