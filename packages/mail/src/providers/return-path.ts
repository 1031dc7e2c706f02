/**
 * The envelope sender of a mail that a provider took, out of the bytes that it keeps: the server that delivers a mail
 * writes the Return-Path at the beginning (RFC 5321 section 4.4). What stands below the first Received line came with
 * the mail, so it is the sender's own text.
 */
import { headerBlock, strictFields } from '../mime/header-block.ts';

/** The address, empty for the null reverse-path `<>`; null where the provider put none or it can not be read. */
export function returnPath(raw: Uint8Array): string | null {
  for (const { name, body } of strictFields(headerBlock(raw.subarray(0, MAX_HEADER)))) {
    const field = name.trim().toLowerCase();
    if (field === 'received') return null;
    if (field === 'return-path') return pathIn(body);
  }
  return null;
}

/** More header than this is refused at intake. */
const MAX_HEADER = 256 * 1024;

function pathIn(body: string): string | null {
  const path = /^\s*<([^<>\s]*)>\s*$/.exec(body)?.[1] ?? /^\s*([^<>\s]+@[^<>\s]+)\s*$/.exec(body)?.[1];
  return path !== undefined && /^[!-~]{0,254}$/.test(path) ? path : null;
}
