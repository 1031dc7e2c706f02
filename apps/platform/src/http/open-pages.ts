/** Pages that need nobody to be signed in; of all others a visitor is led to the sign-in. */

const OPEN = /^\/(?:sign-in|sign-out|decide)(?:\/|$)/;
/** Where pages of the dashboard are. A path outside of these has no page, whoever asks. */
const OF_DASHBOARD = /^\/(?:start|mails|approvals|runs|agents|outbox|usage|search|settings)(?:\/|\.|$)/;

/** Whether a form may be sent to this path by anybody. The start page shows anybody what this is, and takes no form of theirs. */
export function takesFormOfAnybody(pathname: string): boolean {
  return isOpen(pathname) && pathname !== '/';
}

/** Whether anybody may have the page at this path. */
export function isOpen(pathname: string): boolean {
  return OPEN.test(pathname) || !OF_DASHBOARD.test(pathname);
}
