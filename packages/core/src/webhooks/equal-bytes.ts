/** Comparing what a stranger sent with what is right, in a time that does not tell how much of it was right. */

/** Whether two byte strings are the same. The time depends on their lengths only, which are no secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}
