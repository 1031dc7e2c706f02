/**
 * What a message may hold at most: one list for intake and for reading, so that what is taken can be read. Figures
 * are of one core of a small cloud machine (Node 24), for 25 MiB made of nothing but the thing that is limited.
 */
import { MAX_MESSAGE_BYTES } from '@tinyfat/core';

export interface RawLimits {
  bytes: number;
  /** 36 MiB of base64 have 484,000 lines of 76 characters, or 572,000 of 64. */
  lines: number;
  /** Lines that begin with `--`: possible MIME boundaries. */
  boundaryLines: number;
  /** Lines of fewer than seven bytes. */
  shortLines: number;
  /**
   * Bytes of one line. RFC 5321 section 4.5.3.1.6 allows 998, and common servers break longer ones or refuse them.
   * Hashing a body for DKIM copies a line once for each 64 KiB of it: lines of 998 bytes take 0.17 s a hash, of 128 kB
   * 0.16 s, of 1 MB 0.38 s, one of 25 MB 8 s. Up to this bound it is the bytes alone that cost, so that long lines need
   * no bound together.
   */
  lineBytes: number;
  headerBytes: number;
  headerLines: number;
  /** So many CRs in a row in the header are too many: trimming them is quadratic (40 kB: 1.5 s). */
  carriageReturns: number;
  /** Blanks and line ends in a row in the header: mailauth's patterns are quadratic in them (250 kB in a signature: 47 s). */
  headerBlanks: number;
  /** DKIM-Signature fields; each can cost a hash of the body and a DNS lookup. */
  signatures: number;
}

/** No message of a corpus of 1,174 real ones comes near these. */
export const rawLimits: RawLimits = {
  bytes: MAX_MESSAGE_BYTES,
  lines: 600_000,
  boundaryLines: 2_000,
  shortLines: 100_000,
  lineBytes: 128 * 1024,
  headerBytes: 256 * 1024,
  headerLines: 10_000,
  carriageReturns: 100,
  headerBlanks: 1_000,
  signatures: 20,
};

/** Why a message is not given to a parser. */
export type RawRefusal = { ok: false; code: 'too_large' | 'too_complex'; reason: string };

/** The refusal of a message that has more of something than a mail ever needs. */
export function tooComplex(what: string, limit: number): RawRefusal {
  return { ok: false, code: 'too_complex', reason: `The message has more than ${limit} ${what}.` };
}
