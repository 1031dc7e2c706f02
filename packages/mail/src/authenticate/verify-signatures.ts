/**
 * Verifies the DKIM signatures of one message (RFC 6376) that can prove something about its author, with mailauth in
 * its strict mode. All others cost nothing but their header: no hash of the body, no lookup of a key. These are
 *
 * - signatures whose d= is no sequence of LDH labels, or not below the author's registered name;
 * - those with a body length limit (`l=`, section 8.2), because anybody may append to what they cover;
 * - those with SHA-1 (RFC 8301 section 3.1);
 * - ARC fields, which vouch for a path and not for an author.
 *
 * So a message costs one hash of its body for each canonicalization, however many signatures it has.
 */
import { ldhDomain } from '@tinyfat/core';
import type { DKIMResult } from 'mailauth';
import { DkimVerifier, type SignatureHeader } from 'mailauth/lib/dkim/dkim-verifier.js';
import { writeToStream } from 'mailauth/lib/tools.js';
import type { DnsResolver } from './lookups.ts';
import { isRelated } from './words.ts';

/** What mailauth found; `headerFrom` are the addresses that it reads in the From field. */
export interface VerifiedSignatures {
  results: DKIMResult[];
  headerFrom: readonly string[];
}

/** Verifies against the author's domain (ASCII, lower case). Trouble with DNS is `temperror` in its result. */
export async function verifySignatures(
  raw: Uint8Array,
  {
    fromDomain,
    envelopeSender,
    resolve,
  }: { fromDomain: string; envelopeSender: string } & Pick<DnsResolver, 'resolve'>,
): Promise<VerifiedSignatures> {
  const verifier = new AuthorVerifier(fromDomain, {
    resolver: resolve,
    sender: envelopeSender,
    strict: true,
  });
  await writeToStream(verifier, Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  const results = verifier.results.filter(({ status }) => status.result !== 'none');
  return { results, headerFrom: verifier.headerFrom };
}

class AuthorVerifier extends DkimVerifier {
  readonly #fromDomain: string;
  /** Well-formed signatures that are left out, because they could prove nothing here. */
  readonly #useless = new WeakSet<SignatureHeader>();

  constructor(fromDomain: string, options: ConstructorParameters<typeof DkimVerifier>[0]) {
    super(options);
    this.#fromDomain = fromDomain;
    const keys = this.keyCache;
    // What a domain publishes about itself may be sloppy: a doubled semicolon in a key record forges nothing.
    this.keyCache = {
      get: (type, name, bits, choices) => keys.get(type, name, bits, { ...choices, strict: false }),
    };
  }

  override prepareSignature(header: SignatureHeader): void {
    super.prepareSignature(header);
    const malformed = header.skip ?? header.invalid ?? this.#whyMalformed(header);
    const useless = malformed === null ? this.#whyUseless(header) : null;
    if (useless !== null) this.#useless.add(header);
    header.skip = malformed ?? useless ?? undefined;
    // The digest that it asks crypto.verify for: not every runtime knows one called `rsa-sha256`.
    if (header.hashAlgo !== undefined) header.algorithm = header.hashAlgo;
  }

  /** `permerror` for a malformed signature, which another verifier may not even report; else `policy`. */
  override skippedSignatureResult(header: SignatureHeader): DKIMResult {
    const result = super.skippedSignatureResult(header);
    const word = this.#useless.has(header) ? 'policy' : 'permerror';
    const limited = typeof header.maxBodyLength === 'number';
    return { ...result, status: { ...result.status, result: word }, canonBodyLengthLimited: limited };
  }

  #whyMalformed({ signingDomain = '', identityDomain }: SignatureHeader): string | null {
    if (ldhDomain(signingDomain) === null) return 'the signing domain is no domain name';
    const identified = identityDomain === undefined || ldhDomain(identityDomain) !== null;
    return identified ? null : 'the domain of the identity is no domain name';
  }

  #whyUseless(header: SignatureHeader): string | null {
    if (header.type !== 'DKIM') return 'not a DKIM signature';
    if (typeof header.maxBodyLength === 'number') return 'body length limit';
    if (header.hashAlgo === 'sha1') return 'weak algorithm';
    return isRelated(this.#fromDomain, header.signingDomain ?? '') ? null : 'not of the author’s domain';
  }
}
