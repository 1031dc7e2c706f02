import type { Socket } from 'node:net';
import type { EgressPolicy } from '@tinyfat/core';
import type { GatewayEvent } from '../contract.ts';
import type { GatewayLimits } from '../limits.ts';
import type { EgressBudget } from './budget.ts';
import type { EgressNetwork } from './network.ts';
import { whyNotAllowed } from './policy.ts';
import { isPublicAddress, sameAddress } from './public-address.ts';
import type { EgressTarget } from './target.ts';

/** What the proxy of one run needs. */
export interface EgressParts {
  policy: EgressPolicy;
  network: EgressNetwork;
  limits: GatewayLimits;
  budget: EgressBudget;
  emit: (event: GatewayEvent) => void;
}

/** A connection to a public address, or the HTTP status and the reason why there is none. */
export type OpenedConnection =
  | { ok: true; socket: Socket }
  | { ok: false; status: 403 | 502 | 503 | 504; reason: string };

/** A name with many dead addresses must not take the whole time for the first of them. */
const MOST_ADDRESSES = 4;

/**
 * Invariant: the address that was checked is the address that is dialled. A name is looked up once; if any of its
 * addresses is not public, none is dialled (mixed answers are how DNS rebinding begins). Policy and port come
 * before the lookup, so that a refused name is not even asked for. The place in the budget is given back when the
 * socket closes.
 */
export async function openPublicConnection(
  target: EgressTarget & { ok: true },
  parts: EgressParts,
  cancelled: AbortSignal,
): Promise<OpenedConnection> {
  const notAllowed = whyNotAllowed(parts.policy, target.host);
  if (notAllowed !== null) return { ok: false, status: 403, reason: notAllowed };
  if (!parts.limits.egressPorts.includes(target.port)) {
    return { ok: false, status: 403, reason: `port ${target.port} is not allowed` };
  }
  if (!parts.budget.take()) {
    return { ok: false, status: 503, reason: 'this run has used up its connections or bytes' };
  }
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(parts.limits.egressConnectMs)]);
  let opened: OpenedConnection | null = null;
  try {
    opened = await findAndDial(target, parts, signal);
    return opened;
  } finally {
    if (opened?.ok) opened.socket.once('close', parts.budget.release);
    else parts.budget.release();
  }
}

async function findAndDial(
  target: EgressTarget & { ok: true },
  parts: EgressParts,
  signal: AbortSignal,
): Promise<OpenedConnection> {
  const { network, limits } = parts;
  const addresses = target.kind === 'address' ? [target.host] : await lookUp(network, target.host, signal);
  if (addresses === 'timeout')
    return { ok: false, status: 504, reason: 'the name could not be looked up in time' };
  if (addresses.length === 0) return { ok: false, status: 502, reason: 'the name could not be looked up' };
  const own = network.ownAddresses();
  const reachable = (address: string): boolean =>
    isPublicAddress(address) && !own.some((mine) => sameAddress(mine, address));
  if (!addresses.every(reachable)) return { ok: false, status: 403, reason: 'the address is not public' };

  for (const address of addresses.slice(0, MOST_ADDRESSES)) {
    if (signal.aborted) break;
    const patience = limits.egressConnectMs / Math.min(addresses.length, MOST_ADDRESSES);
    const socket = await dial(network.connect(address, target.port), patience, signal);
    if (socket !== null) return { ok: true, socket };
  }
  return signal.aborted
    ? { ok: false, status: 504, reason: 'the host did not answer in time' }
    : { ok: false, status: 502, reason: 'the host could not be reached' };
}

function lookUp(network: EgressNetwork, name: string, signal: AbortSignal): Promise<string[] | 'timeout'> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve('timeout'), { once: true });
    network.resolve(name).then(resolve, () => resolve([]));
  });
}

function dial(socket: Socket, patienceMs: number, signal: AbortSignal): Promise<Socket | null> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      socket.destroy();
    };
    const timer = setTimeout(giveUp, patienceMs);
    const settle = (outcome: Socket | null): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(outcome);
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    // Stays for the life of the socket: an error with nobody listening would end the process.
    socket.on('error', () => {});
    socket.once('connect', () => settle(socket));
    socket.once('close', () => settle(null));
  });
}
