/** Forms of our pages: small, of one kind, and answered by another page. */
import { type ByteReservation, readBody } from '@tinyfat/core';
import { problem } from './problem.ts';
import { BODY_TIMES, bodyCode, bodyHeaders } from './unread-body.ts';

/** The longest address has 254 bytes, each of which may be encoded as three. */
const MOST_BYTES = 4096;

/** The fields, or what the browser is answered. */
type Form = { ok: true; fields: URLSearchParams } | { ok: false; answer: Response };

/** Reads the fields (URL standard, application/x-www-form-urlencoded); `maxBytes` where they hold more than a line or two. */
export async function readForm(
  request: Request,
  reservation: ByteReservation,
  maxBytes = MOST_BYTES,
): Promise<Form> {
  const [kind = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (kind.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return { ok: false, answer: problem('unsupported_media_type') };
  }
  const body = await readBody(request.body, { maxBytes, reservation, ...BODY_TIMES });
  if (!body.ok) {
    const code = bodyCode(body.why);
    return { ok: false, answer: problem(code, undefined, bodyHeaders(code)) };
  }
  return { ok: true, fields: new URLSearchParams(new TextDecoder().decode(body.bytes)) };
}

/** The page to be shown after a form (303, RFC 9110 section 15.4.4), so that loading it again sends nothing again. */
export function seeOther(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
