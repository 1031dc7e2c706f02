import { type FileHandle, open } from 'node:fs/promises';
import type { ImageContent } from '@earendil-works/pi-ai';
import type { InboxAttachment } from '@tinyfat/core';

const largestImageBytes = 5 * 1024 * 1024;
const mostImages = 10;

/** The type of an image by its first bytes, not by what the mail calls it; null for anything that models don't take. */
export function sniffImageType(bytes: Uint8Array): string | null {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1');
  if (latin.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (latin.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (latin.startsWith('GIF87a') || latin.startsWith('GIF89a')) return 'image/gif';
  if (latin.startsWith('RIFF') && latin.slice(8, 12) === 'WEBP') return 'image/webp';
  return null;
}

/** The images among the attachments, ready for the prompt, with the paths that they came from. */
interface PromptImages {
  images: ImageContent[];
  paths: ReadonlySet<string>;
}

/**
 * Reads the attachments that are images (PNG, JPEG, GIF, WebP by their first bytes) of at most 5 MB, at most
 * 10 of them. Others stay files that the agent can open.
 */
export async function readImages(attachments: InboxAttachment[]): Promise<PromptImages> {
  const images: ImageContent[] = [];
  const paths = new Set<string>();
  for (const { path, size } of attachments) {
    if (images.length >= mostImages) break;
    if (size > largestImageBytes) continue;
    const image = await readImage(path);
    if (image === null) continue;
    images.push(image);
    paths.add(path);
  }
  return { images, paths };
}

async function readImage(path: string): Promise<ImageContent | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const head = Buffer.alloc(12);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const mimeType = sniffImageType(head.subarray(0, bytesRead));
    if (mimeType === null || (await file.stat()).size > largestImageBytes) return null;
    const { buffer, bytesRead: length } = await file.read(
      Buffer.alloc(largestImageBytes),
      0,
      largestImageBytes,
      0,
    );
    return { type: 'image', mimeType, data: buffer.toString('base64', 0, length) };
  } catch {
    return null;
  } finally {
    await file?.close();
  }
}
