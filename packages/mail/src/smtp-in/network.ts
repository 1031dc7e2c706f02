/** Clients by their addresses, for whoever listens: which network one belongs to, and whether it is among some. */
export { clientNetwork } from './client-network.ts';
export { normalAddress, trustedClients as networkList } from './trusted-clients.ts';
