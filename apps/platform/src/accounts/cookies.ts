/**
 * Our two cookies. Under https their names begin with `__Host-`: a browser takes such a one only with Secure, for the
 * whole of this host and from nobody else's subdomain (RFC 6265bis section 4.1.3.2).
 */

/** Names and attributes under one public address. */
export interface CookieNames {
  session: string;
  /** Binds a code to the browser that asked for it. */
  request: string;
  secure: boolean;
}

/** The names under this address. */
export function cookieNames(publicUrl: URL): CookieNames {
  const secure = publicUrl.protocol === 'https:';
  const prefix = secure ? '__Host-' : '';
  return { session: `${prefix}tinyfat_session`, request: `${prefix}tinyfat_sign_in`, secure };
}

/** Set-Cookie for the browser that asks; an empty value takes it away. */
export function requestCookie(names: CookieNames, value: string, maxAgeS: number): string {
  const secure = names.secure ? '; Secure' : '';
  return `${names.request}=${value}; Max-Age=${maxAgeS}; Path=/; HttpOnly${secure}; SameSite=Strict`;
}

/** The value of the request's cookie; null where there is none that we could have written. */
export function readRequestCookie(names: CookieNames, headers: Headers): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === names.request && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}
