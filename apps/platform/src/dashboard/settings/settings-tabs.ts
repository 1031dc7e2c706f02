/** The pages of the settings, and where they are. */

const VIEWS = [
  { view: 'account', label: 'Account', href: '/settings' },
  { view: 'keys', label: 'Keys', href: '/settings/keys' },
  { view: 'tokens', label: 'API tokens', href: '/settings/tokens' },
  { view: 'browsers', label: 'Browsers', href: '/settings/browsers' },
  { view: 'mail', label: 'Mail', href: '/settings/mail' },
  { view: 'retention', label: 'Retention', href: '/settings/retention' },
  { view: 'server', label: 'Server', href: '/settings/server' },
] as const;
const OF_ADMINS = ['server'];

const SERVER_VIEWS = [
  { view: 'health', label: 'Health', href: '/settings/server' },
  { view: 'owners', label: 'Owners', href: '/settings/server/owners' },
  { view: 'webhooks', label: 'Webhooks', href: '/settings/server/webhooks' },
] as const;

/** One of the pages. */
export type SettingsView = (typeof VIEWS)[number]['view'];
/** One of the pages of the server, for admins. */
export type ServerView = (typeof SERVER_VIEWS)[number]['view'];

interface Tab {
  href: string;
  label: string;
  current: boolean;
}

/** All pages that a viewer has, for `Tabs`. */
export function settingsTabs(isAdmin: boolean, current: SettingsView): Tab[] {
  return VIEWS.filter(({ view }) => isAdmin || !OF_ADMINS.includes(view)).map(({ view, label, href }) => ({
    label,
    href,
    current: view === current,
  }));
}

/** The pages of the server. */
export function serverViews(current: ServerView): Tab[] {
  return SERVER_VIEWS.map(({ view, label, href }) => ({ label, href, current: view === current }));
}
