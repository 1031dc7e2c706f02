/** A form with a file (RFC 7578), read whole within bounds. */
import { type ByteReservation, readBody } from '@tinyfat/core';
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

/** Reads a form with a file of at most `maxBytes`. The file is in memory twice, which is counted. */
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
  if (!reservation.take(body.bytes.length))
    return other(problem('server_busy', undefined, bodyHeaders('server_busy')));
  const parsed = await new Response(new Uint8Array(body.bytes), { headers: { 'content-type': type } })
    .formData()
    .catch(() => null);
  if (parsed === null) return other(problem('invalid_request', 'The form can not be read.'));
  const fields = new URLSearchParams();
  let file: { name: string; bytes: Uint8Array } | null = null;
  for (const [name, value] of parsed) {
    if (typeof value === 'string') fields.append(name, value);
    // A browser sends an empty one where none was chosen.
    else if (value.name !== '' || value.size > 0)
      file ??= { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) };
  }
  return { ok: true, fields, file };
}

function other(answer: Response): UploadForm {
  return { ok: false, why: 'other', answer };
}
