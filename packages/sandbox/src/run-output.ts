/** What a run printed, up to the limit. */
import { StringDecoder } from 'node:string_decoder';

interface RunOutput {
  /** Takes a chunk of either stream; calls back once when both together went over the limit. */
  take(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** The text so far; bytes that are not UTF-8 become U+FFFD, half a character at the cut is left out. */
  text(stream: 'stdout' | 'stderr'): string;
}

export function runOutput(
  limitBytes: number,
  onStdout: ((chunk: Uint8Array) => void) | undefined,
  onOver: () => void,
): RunOutput {
  const taken: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  let left = limitBytes;
  let over = false;
  return {
    take(stream, chunk) {
      if (over) return;
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      if (piece.length > 0) {
        taken[stream].push(piece);
        if (stream === 'stdout') onStdout?.(piece);
      }
      if (piece.length < chunk.length) {
        over = true;
        onOver();
      }
    },
    text: (stream) => new StringDecoder('utf8').write(Buffer.concat(taken[stream])),
  };
}
