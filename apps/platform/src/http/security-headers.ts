/**
 * Headers of every answer: nothing may be framed, sniffed, cached, or loaded from elsewhere. One kind of answer is framed by
 * our own pages: a mail (`mail-frame.ts`), which is known by its policy.
 */
import { MAIL_POLICY } from './mail-frame.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // `no-referrer` would also make browsers send `Origin: null` with our own forms (Fetch standard, "Origin header").
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
const ONE_YEAR_S = 31_536_000;

/** Headers of a mail in a frame in the place of those above. A document without our origin may not be asked for ours. */
const OF_MAIL: Readonly<Record<string, string>> = {
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'unsafe-none',
};

/** An answer's own value of these is stricter than ours. */
const OWN = ['content-security-policy', 'cache-control'];

/** The same answer with the headers; a policy and `cache-control` only where the answer names none. */
export function withSecurityHeaders(answer: Response, publicUrl: URL): Response {
  const sealed = new Response(answer.body, answer);
  const isMail = answer.headers.get('content-security-policy') === MAIL_POLICY;
  const headers = { ...HEADERS, ...(isMail ? OF_MAIL : {}), 'cache-control': 'no-store' };
  for (const [name, value] of Object.entries(headers)) {
    if (!OWN.includes(name) || !sealed.headers.has(name)) sealed.headers.set(name, value);
  }
  if (publicUrl.protocol === 'https:') {
    sealed.headers.set('strict-transport-security', `max-age=${ONE_YEAR_S}`);
  }
  return sealed;
}
