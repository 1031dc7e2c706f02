/** The client as it is judged and counted. */
import { clientNetwork } from './client-network.ts';
import { normalAddress } from './trusted-clients.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  /** IP address. */
  address: string;
  /** What its connections, bytes and refusals are counted under. */
  network: string;
  trusted: boolean;
}

/** Gives the peer with an address as the socket writes it. */
export function peerOf(remoteAddress: string, trusted: (address: string) => boolean): Peer {
  const address = normalAddress(remoteAddress);
  return { address, network: clientNetwork(address), trusted: trusted(address) };
}
