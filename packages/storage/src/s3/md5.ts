/**
 * MD5 (RFC 1321), which S3 asks for with a deletion of several objects (`Content-MD5`) and WebCrypto does not have. It guards
 * against bytes that were lost on the way, and nothing else.
 */

/** How far each step turns; four for each of the four rounds. */
const TURNS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;
const SINES = Array.from({ length: 64 }, (_, step) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32));
const BLOCK_BYTES = 64;

/** The 16 bytes of the digest. */
export function md5(content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((content.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(content);
  padded[content.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setBigUint64(padded.length - 8, BigInt(content.length) * 8n, true);
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) state = withBlock(state, words, at);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word, true);
  return new Uint8Array(digest.buffer);
}

type State = [a: number, b: number, c: number, d: number];

function withBlock(before: State, words: DataView, at: number): State {
  let [a, b, c, d] = before;
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    const [mixed, word] = mix(round, step, b, c, d);
    const sum = (a + mixed + (SINES[step] ?? 0) + words.getUint32(at + word * 4, true)) | 0;
    const turn = TURNS[round]?.[step % 4] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
  }
  return [(before[0] + a) | 0, (before[1] + b) | 0, (before[2] + c) | 0, (before[3] + d) | 0];
}

/** The function of a round, and which word of the block the step takes. */
function mix(round: number, step: number, b: number, c: number, d: number): [mixed: number, word: number] {
  switch (round) {
    case 0:
      return [(b & c) | (~b & d), step];
    case 1:
      return [(d & b) | (~d & c), (5 * step + 1) % 16];
    case 2:
      return [b ^ c ^ d, (3 * step + 5) % 16];
    default:
      return [c ^ (b | ~d), (7 * step) % 16];
  }
}
