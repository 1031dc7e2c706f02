/** Headers of every answer: nothing may be framed, sniffed, cached, or loaded from elsewhere. */

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

/** An answer's own value of these is stricter than ours. */
const OWN = ['content-security-policy', 'cache-control'];

/** The same answer with the headers; a policy and `cache-control` only where the answer names none. */
export function withSecurityHeaders(answer: Response, publicUrl: URL): Response {
  const sealed = new Response(answer.body, answer);
  for (const [name, value] of Object.entries({ ...HEADERS, 'cache-control': 'no-store' })) {
    if (!OWN.includes(name) || !sealed.headers.has(name)) sealed.headers.set(name, value);
  }
  if (publicUrl.protocol === 'https:') {
    sealed.headers.set('strict-transport-security', `max-age=${ONE_YEAR_S}`);
  }
  return sealed;
}
