/** Appearance and time zone: chosen by a form, kept by the browser. */
import {
  type Preferences,
  preferenceCookie,
  THEME_COOKIE,
  THEMES,
  type Theme,
  ZONE_COOKIE,
} from '../../view/preferences.ts';
import { isZone } from '../../view/time.ts';

/** The words for each appearance. */
export const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: 'As the device',
  light: 'Light',
  dark: 'Dark',
};

/** Names of zones to choose from (IANA), those of continents first; UTC is the first of all. */
export function zoneNames(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')];
}

/** The zone in force and where it comes from, in a sentence. */
export function zoneText({ zone, zoneChosen }: Pick<Preferences, 'zone' | 'zoneChosen'>): string {
  if (zone === null) return 'Times are shown in UTC: this browser has not said its zone.';
  return `Times are shown in ${zone}: ${zoneChosen ? 'you chose it here' : 'this browser says so'}.`;
}

/** What the form of the preferences sets; or why it can not be taken, with the field. */
export type PreferencesSet =
  | { ok: true; cookies: string[] }
  | { ok: false; field: 'theme' | 'zone'; error: string };

/** Reads the form. An empty zone leaves it to the browser, which says it by its script; without scripts times are in UTC. */
export function setPreferences(fields: URLSearchParams, secure: boolean): PreferencesSet {
  const theme = THEMES.find((one) => one === fields.get('theme'));
  if (theme === undefined) return { ok: false, field: 'theme', error: 'Choose one of the three.' };
  const zone = (fields.get('zone') ?? '').trim();
  if (zone !== '' && (!/^[A-Za-z0-9_+/-]{1,64}$/.test(zone) || !isZone(zone))) {
    return { ok: false, field: 'zone', error: 'There is no time zone of this name.' };
  }
  return {
    ok: true,
    cookies: [
      preferenceCookie(THEME_COOKIE, theme === 'system' ? '' : theme, secure),
      preferenceCookie(ZONE_COOKIE, zone, secure),
    ],
  };
}
