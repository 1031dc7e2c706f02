/** mailauth 7 ships no types for its tools; this declares the one function used here. */
declare module 'mailauth/lib/tools.js' {
  /**
   * The first of the domains that has the same organizational domain as the From domain by the Public Suffix List
   * (relaxed alignment, RFC 9989 section 3.2.10.1), or false.
   */
  export function getAlignment(fromDomain: string, domains: string[]): { domain: string } | false;
}
