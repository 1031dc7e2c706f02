/**
 * The answer to `exec`: frames of one byte of kind, four of length (big-endian) and the payload. Output of the program as it
 * comes, at last its end as JSON `{exitCode, stderr}`; an answer that breaks off is a container that ended. What is to be run
 * stands in the header `x-exec`, base64url of JSON `{command, user, environment, folder}`; the body is its input. Portable.
 */
export const STDOUT = 1;
export const EXIT = 2;
export const FRAME_HEAD = 5;

/** One frame. */
export function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD + payload.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, FRAME_HEAD);
  return bytes;
}

/** Cuts chunks as they come into frames. */
export function frameReader(
  onFrame: (kind: number, payload: Uint8Array) => void,
): (chunk: Uint8Array) => void {
  let held = new Uint8Array(0);
  return (chunk) => {
    const all = new Uint8Array(held.length + chunk.length);
    all.set(held);
    all.set(chunk, held.length);
    held = all;
    while (held.length >= FRAME_HEAD) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(1);
      if (held.length < FRAME_HEAD + length) return;
      onFrame(held[0] ?? 0, held.slice(FRAME_HEAD, FRAME_HEAD + length));
      held = held.slice(FRAME_HEAD + length);
    }
  };
}
