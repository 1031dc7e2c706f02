/** Where a request came from; behind a trusted proxy that is the address that the proxy names. */
export interface RequestOrigin {
  /** IP address of the client in text form. */
  clientAddress: string;
  /** The client is a program on this machine that came without a proxy. */
  local: boolean;
}
