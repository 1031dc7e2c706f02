/** Whether a host is this machine, in the form in which a URL has it (WHATWG: lower case, addresses in their usual form). */
export function isLoopbackHostname(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
