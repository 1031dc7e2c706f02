/**
 * Our cookies of signing in. Under https their names begin with `__Host-`: a browser takes such a one only with Secure, for the
 * whole of this host and from nobody else's subdomain (RFC 6265bis section 4.1.3.2).
 */

/** Names and attributes under one public address. */
export interface CookieNames {
  session: string;
  /** Binds a code to the browser that asked for it. */
  request: string;
  /** Binds the way to the OpenID provider and back to the browser that began it. */
  oidc: string;
  secure: boolean;
}

/** The names under this address. */
export function cookieNames(publicUrl: URL): CookieNames {
  const secure = publicUrl.protocol === 'https:';
  const prefix = secure ? '__Host-' : '';
  return {
    session: `${prefix}tinyfat_session`,
    request: `${prefix}tinyfat_sign_in`,
    oidc: `${prefix}tinyfat_oidc`,
    secure,
  };
}

/**
 * Set-Cookie for the browser that asks; an empty value takes it away. Strict would keep it from the page of the link,
 * which a mail program opens from another site.
 */
export function requestCookie(names: CookieNames, value: string, maxAgeS: number): string {
  return shortLived(names, names.request, value, maxAgeS);
}

/** The same for the browser that is sent to the OpenID provider, whose way back comes from another site, too. */
export function oidcCookie(names: CookieNames, value: string, maxAgeS: number): string {
  return shortLived(names, names.oidc, value, maxAgeS);
}

function shortLived(names: CookieNames, name: string, value: string, maxAgeS: number): string {
  const secure = names.secure ? '; Secure' : '';
  return `${name}=${value}; Max-Age=${maxAgeS}; Path=/; HttpOnly${secure}; SameSite=Lax`;
}

/** The value of a cookie; null where there is none that we could have written. */
export function readCookie(wanted: string, headers: Headers): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === wanted && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}
