/** A raw message taken apart for somebody who looks at it. */
import type { Viewed } from '../contract/mail-view.ts';
import { type MimeTree, mimeTree } from '../mime/mime-tree.ts';
import { prescan } from '../mime/prescan.ts';

/** The fields and parts of a message that may be parsed; a refusal, with a sentence, of any other. */
export function openMessage(raw: Uint8Array): Viewed<MimeTree> {
  const refusal = prescan(raw);
  if (refusal !== null) return refusal;
  try {
    return { ok: true, answer: mimeTree(raw) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
}
