/** Forms of our pages: small, of one kind, and answered by another page. */
import { readBody } from '@tinyfat/core';

/** What a form may weigh; the longest address has 254 bytes, each of which may be written as three. */
const MOST_BYTES = 4096;

export type Form =
  | { ok: true; fields: URLSearchParams }
  | { ok: false; code: 'body_too_large' | 'unsupported_media_type' };

/** Reads the fields (URL standard, application/x-www-form-urlencoded). */
export async function readForm(request: Request): Promise<Form> {
  const [kind = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (kind.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return { ok: false, code: 'unsupported_media_type' };
  }
  const bytes = await readBody(request.body, MOST_BYTES);
  if (bytes === null) return { ok: false, code: 'body_too_large' };
  return { ok: true, fields: new URLSearchParams(new TextDecoder().decode(bytes)) };
}

/** The page to be shown after a form (303, RFC 9110 section 15.4.4), so that loading it again sends nothing again. */
export function seeOther(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
