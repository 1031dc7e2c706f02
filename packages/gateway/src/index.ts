/** What the rest of the platform sees of the gateway. */
export * from './contract.ts';
export { createGateways, type Gateways, type GatewaysOptions } from './create-gateways.ts';
export { type EgressNetwork, systemNetwork } from './egress/network.ts';
export { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
