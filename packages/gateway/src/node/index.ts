/** What the local runner sees of the gateway. */
export type { EgressNetwork } from './egress/network.ts';
export {
  createGateways,
  type Gateway,
  type GatewayRequest,
  type Gateways,
  type GatewaysOptions,
} from './gateways.ts';
