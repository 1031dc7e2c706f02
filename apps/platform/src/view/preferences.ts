/** How a viewer wants pages to look: kept by their browser, in cookies that decide nothing else. */
import { isZone } from './time.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  theme: Theme;
  /** Name of a time zone (IANA); null while the browser has not said one: UTC is used. */
  zone: string | null;
  /** Whether the viewer chose the zone in the settings; else it is the one that the browser says. */
  zoneChosen: boolean;
}

/** What the settings set. */
export const THEME_COOKIE = 'tinyfat_theme';
export const ZONE_COOKIE = 'tinyfat_zone';
/** The zone that the browser is in, which the script of every page says: whoever travels sees the times of where they are. */
export const BROWSER_ZONE_COOKIE = 'tinyfat_browser_zone';
const ONE_YEAR_S = 31_536_000;

/** Reads them; what no page of ours wrote is passed over. */
export function readPreferences(headers: Headers): Preferences {
  const cookies = new Map(
    (headers.get('cookie') ?? '').split(';').map((pair): [string, string] => {
      const [name = '', value = ''] = pair.trim().split('=', 2);
      return [name, value];
    }),
  );
  const chosen = zoneIn(cookies.get(ZONE_COOKIE));
  return {
    theme: THEMES.find((theme) => theme === cookies.get(THEME_COOKIE)) ?? 'system',
    zone: chosen ?? zoneIn(cookies.get(BROWSER_ZONE_COOKIE)),
    zoneChosen: chosen !== null,
  };
}

function zoneIn(cookie = ''): string | null {
  const zone = decoded(cookie);
  return /^[A-Za-z0-9_+/-]{1,64}$/.test(zone) && isZone(zone) ? zone : null;
}

/** Set-Cookie for one of them; an empty value takes it away. Readable by our script, which says the zone. */
export function preferenceCookie(name: string, value: string, secure: boolean): string {
  const age = value === '' ? 0 : ONE_YEAR_S;
  return `${name}=${encodeURIComponent(value)}; Max-Age=${age}; Path=/; SameSite=Lax${secure ? '; Secure' : ''}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
