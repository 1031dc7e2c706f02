/** What one call may take, wherever it runs. */

/** Times in ms, of the clock on the wall. */
export interface MailLimits {
  inspectMs: number;
  readMs: number;
  composeMs: number;
  /** Of each call of `MailViewer`: somebody waits for a page. */
  viewMs: number;
  /** All DNS lookups of one message together; must be less than `inspectMs`. */
  dnsMs: number;
  /** DNS lookups of one message. */
  dnsLookups: number;
}

export const mailLimits: MailLimits = {
  inspectMs: 10_000,
  readMs: 10_000,
  composeMs: 5_000,
  viewMs: 5_000,
  dnsMs: 6_000,
  dnsLookups: 100,
};
