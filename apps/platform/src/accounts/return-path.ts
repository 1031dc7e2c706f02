/** The page that somebody asked for before they signed in. */

/** Beyond this a path is no link of ours. */
const MOST_CHARACTERS = 1000;
/** Resolved against it, a path of ours stays below it, and everything else shows. */
const BASE = 'https://tinyfat.invalid';

/**
 * A path of ours with its query, to be led back to; `/` for everything else: another origin in any spelling that a
 * browser understands (WHATWG URL), the pages of sign-in themselves, and what no page has.
 */
export function returnPath(text: string | null | undefined): string {
  if (!text || text.length > MOST_CHARACTERS || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text)) return '/';
  const url = URL.parse(text, BASE);
  if (url === null || url.origin !== BASE || text.includes('\\')) return '/';
  // Dots are resolved by now; `//` at the start would be another host.
  const path = `${url.pathname}${url.search}`;
  if (path.startsWith('//')) return '/';
  return /^\/(?:sign-in|sign-out|api|webhooks|health|metrics)(?:[/?]|$)/.test(path) ? '/' : path;
}

/** The address of the sign-in page that leads back to `path`. */
export function signInPath(path: string): string {
  const to = returnPath(path);
  return to === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(to)}`;
}

const COOKIE = 'tinyfat_return';
/** As long as a link or a code works. */
const AGE_S = 600;

/**
 * Set-Cookie that remembers the page until the mail has come; none for the start page. A browser that opens the link without
 * it is led to the start page.
 */
export function returnCookies(path: string, publicUrl: URL): string[] {
  const to = returnPath(path);
  return to === '/' ? [] : [returnCookie(encodeURIComponent(to), AGE_S, publicUrl)];
}

/** The page that a browser which signs in now is led to, and the Set-Cookie that forgets it. */
export function returnOf(headers: Headers, publicUrl: URL): { to: string; cookies: string[] } {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === COOKIE) return { to: returnPath(decoded(value)), cookies: [returnCookie('', 0, publicUrl)] };
  }
  return { to: '/', cookies: [] };
}

function returnCookie(value: string, ageS: number, publicUrl: URL): string {
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : '';
  return `${COOKIE}=${value}; Max-Age=${ageS}; Path=/sign-in; HttpOnly${secure}; SameSite=Lax`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
