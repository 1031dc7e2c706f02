/** The pages about one agent, and where they are. */

const VIEWS = [
  { view: 'overview', label: 'Overview', path: '' },
  { view: 'mails', label: 'Mails', path: null },
  { view: 'senders', label: 'Senders', path: '/senders' },
  { view: 'sessions', label: 'Sessions', path: '/sessions' },
  { view: 'files', label: 'Files', path: '/files' },
  { view: 'skills', label: 'Skills', path: '/skills' },
  { view: 'outbox', label: 'Outbox', path: '/outbox' },
  { view: 'settings', label: 'Settings', path: '/settings' },
] as const;

/** One of the pages about an agent. */
export type AgentView = (typeof VIEWS)[number]['view'];

/** The path of the pages about the agent of this name. */
export function agentPath(name: string): string {
  return `/agents/${encodeURIComponent(name)}`;
}

/** All pages about an agent, for `Tabs`. Its mails are those of the list of all mails. */
export function agentTabs(
  name: string,
  current: AgentView,
): { href: string; label: string; current: boolean }[] {
  return VIEWS.map(({ view, label, path }) => ({
    href: path === null ? `/mails?agent=${encodeURIComponent(name)}` : `${agentPath(name)}${path}`,
    label,
    current: view === current,
  }));
}
