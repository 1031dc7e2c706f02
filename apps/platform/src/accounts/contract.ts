/** Who looks at a page, or stands behind a request. */

/** A person who is signed in. Their agents are those whose owner is this address. */
export interface Viewer {
  /** Canonical. */
  address: string;
  /** In ADMIN_EMAILS: sees everybody's agents. */
  isAdmin: boolean;
}
