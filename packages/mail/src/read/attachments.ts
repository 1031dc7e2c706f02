/** The attachments of one message: named, looked at and marked. A nested message is a file and stays whole. */
import { safeFileNames } from '@tinyfat/core';
import type { MailAttachment } from '../contract/mail.ts';
import { byteText } from '../mime/byte-text.ts';
import { headerText } from '../mime/encoded-words.ts';
import { headerBlock } from '../mime/header-block.ts';
import { attachmentMarks } from './attachment-marks.ts';
import { contentIdOf, referredContentIds } from './inline-images.ts';
import type { FilePart } from './parse-mime.ts';
import { sniffContent } from './sniff-content.ts';

/** Names that RFC 6838 section 4.2 allows; anything else is a sentence to the agent, not a type. */
const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
/** How far the subject of a nested message is looked for, bytes, and how much of it is read, characters. */
const nestedHeaderBytes = 64 * 1024;
const longestSubject = 1000;

/** All attachments in order. `html` is every HTML body, in which an inline image is referred to. */
export async function readAttachments(parts: readonly FilePart[], html: string): Promise<MailAttachment[]> {
  const shown = referredContentIds(html);
  const attachments: MailAttachment[] = [];
  for (const part of parts) {
    // Off the message's bytes: what is handed to another thread takes its whole buffer along.
    const content = new Uint8Array(part.content);
    const contentType = mediaType.test(part.type) ? part.type : 'application/octet-stream';
    const contentId = contentIdOf(part);
    const filename = part.filename ?? impliedName(contentType, content);
    const isShown = contentId !== null && shown.has(contentId) && contentType.startsWith('image/');
    const [safeName = ''] = safeFileNames([{ filename, contentType }]);
    const sniffed = await sniffContent(content);
    attachments.push({
      filename,
      contentType,
      disposition: isShown ? 'inline' : 'attachment',
      contentId,
      detectedType: sniffed.type,
      marks: attachmentMarks({ filename, safeName, contentType }, sniffed),
      content,
    });
  }
  return attachments;
}

/** Names of the inline images by Content-ID: those under which the agent finds the files. */
export function inlineImageNames(attachments: MailAttachment[]): ReadonlyMap<string, string> {
  const names = safeFileNames(attachments);
  const images = new Map<string, string>();
  for (const [index, { disposition, contentId }] of attachments.entries()) {
    const name = names[index];
    if (disposition === 'inline' && contentId !== null && name !== undefined) images.set(contentId, name);
  }
  return images;
}

/** A name for what mail programs send without one. */
function impliedName(contentType: string, content: Uint8Array): string | null {
  if (contentType === 'text/calendar') return 'invite.ics';
  if (contentType !== 'message/rfc822') return null;
  const subject = subjectOf(content);
  return subject === '' ? null : `${subject}.eml`;
}

function subjectOf(message: Uint8Array): string {
  const header = byteText(headerBlock(message.subarray(0, nestedHeaderBytes)));
  const field = /^subject[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(header)?.[1] ?? '';
  return headerText(field.slice(0, longestSubject).replace(/\r?\n/g, '')).trim();
}
