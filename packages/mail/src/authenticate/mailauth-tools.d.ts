/** mailauth 7 ships no types for its verifier; this declares what is used of it here. */
declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { DKIMResult } from 'mailauth';

  /** One signature field while it is being judged; `skip` and `invalid` are reasons not to verify it. */
  export interface SignatureHeader {
    type: 'DKIM' | 'ARC';
    signingDomain?: string;
    identityDomain?: string;
    algorithm?: string;
    hashAlgo?: string;
    /** The value of `l=`; empty without one. */
    maxBodyLength?: number | '';
    skip?: string;
    invalid?: string;
  }

  /** Finds the keys of a message's signatures; rejects with a `code` where there is none. */
  export interface KeyCache {
    get(type: string, name: string, minBitLength?: number, options?: { strict?: boolean }): Promise<unknown>;
  }

  export interface DkimVerifierOptions {
    resolver(name: string, type: string): Promise<string[] | string[][]>;
    sender: string;
    strict: boolean;
  }

  /** A stream that takes the bytes of one message; the results stand once it has finished. */
  export class DkimVerifier {
    constructor(options: DkimVerifierOptions);
    keyCache: KeyCache;
    /** Addresses of all From fields, as mailauth reads them. */
    headerFrom: string[];
    results: DKIMResult[];
    prepareSignature(header: SignatureHeader): void;
    skippedSignatureResult(header: SignatureHeader): DKIMResult;
  }
}
declare module 'mailauth/lib/tools.js' {
  import type { DkimVerifier } from 'mailauth/lib/dkim/dkim-verifier.js';

  /** Writes all bytes in slices that let other work go on; ends with the stream's finish. */
  export function writeToStream(stream: DkimVerifier, input: Uint8Array): Promise<void>;
}
