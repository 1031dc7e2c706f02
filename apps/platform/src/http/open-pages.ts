/** Pages that need nobody to be signed in; of all others a visitor is led to the sign-in. */

const OPEN = /^\/(?:sign-in|sign-out|decide)(?:\/|$)/;
/** Where pages of the dashboard are. A path outside of these has no page, whoever asks. */
const OF_DASHBOARD = /^\/(?:start|mails|approvals|runs|agents|outbox|usage|search|settings)(?:\/|\.|$)/;

/** Whether anybody may have the page at this path. */
export function isOpen(pathname: string): boolean {
  return OPEN.test(pathname) || !OF_DASHBOARD.test(pathname);
}
