/** A form with a file (RFC 7578), read whole within bounds. */
import { type ByteReservation, readBody } from '@tinyfat/core';
import { readMultipart } from './multipart.ts';
import { problem } from './problem.ts';
import { BODY_TIMES, bodyCode, bodyHeaders } from './unread-body.ts';

/** Of the fields beside the file, and of what parts the form. */
const MOST_AROUND = 16 * 1024;

/** The fields and the first file, or why there are none: `answer` where nothing more can be said than a status. */
export type UploadForm =
  | { ok: true; fields: URLSearchParams; file: { name: string; bytes: Uint8Array } | null }
  | { ok: false; why: 'too_large' }
  | { ok: false; why: 'other'; answer: Response };

/** Whether a form is one with a file in it. */
export function isUpload(request: Request): boolean {
  return /^multipart\/form-data\s*;/i.test(request.headers.get('content-type') ?? '');
}

/** Reads a form with a file of at most `maxBytes`, whose bytes are a view of the form's. */
export async function readUpload(
  request: Request,
  reservation: ByteReservation,
  maxBytes: number,
): Promise<UploadForm> {
  const type = request.headers.get('content-type') ?? '';
  if (!isUpload(request)) return other(problem('unsupported_media_type'));
  const limits = { maxBytes: maxBytes + MOST_AROUND, reservation, ...BODY_TIMES };
  const body = await readBody(request.body, limits);
  if (!body.ok) {
    if (body.why === 'too_large') return { ok: false, why: 'too_large' };
    const code = bodyCode(body.why);
    return other(problem(code, undefined, bodyHeaders(code)));
  }
  const parts = readMultipart(body.bytes, type);
  if (parts === null) return other(problem('invalid_request', 'The form can not be read.'));
  const fields = new URLSearchParams();
  let file: { name: string; bytes: Uint8Array } | null = null;
  for (const { name, fileName, bytes } of parts) {
    if (fileName === null) fields.append(name, new TextDecoder().decode(bytes));
    // A browser sends an empty one where none was chosen.
    else if (fileName !== '' || bytes.length > 0) file ??= { name: fileName, bytes };
  }
  return { ok: true, fields, file };
}

function other(answer: Response): UploadForm {
  return { ok: false, why: 'other', answer };
}
