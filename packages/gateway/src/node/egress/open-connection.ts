import type { Socket } from 'node:net';
import { mayLeadInside, parseIpAddress } from '@tinyfat/core';
import { type EgressRefusal, refusal } from '../../egress/refusal.ts';
import type { EgressRules } from '../../egress/rules.ts';
import type { EgressTarget } from '../../egress/target.ts';
import type { GatewayEvent } from '../../events.ts';
import type { GatewayLimits } from '../limits.ts';
import type { EgressBudget } from './budget.ts';
import type { EgressNetwork } from './network.ts';
import { isPublicAddress, sameAddress } from './public-address.ts';

/** What the proxy of one run needs. */
export interface EgressDeps {
  rules: EgressRules;
  network: EgressNetwork;
  limits: GatewayLimits;
  budget: EgressBudget;
  emit: (event: GatewayEvent) => void;
}

/** A connection to an address that may be reached, or why there is none. */
type OpenedConnection = { ok: true; socket: Socket } | EgressRefusal;

type Target = EgressTarget & { ok: true };

/** A name with many dead addresses must not take the whole time for the first of them. */
const MOST_ADDRESSES = 4;

/**
 * Invariant: the address that was checked is the address that is dialled. A name is looked up once; if any of its
 * addresses may not be reached, none is dialled (mixed answers are how DNS rebinding begins). Only a target that the
 * operator's entries name may lead to an address that is not public. Policy and port come before the lookup, so that a
 * refused name is not even asked for. The place in the budget is given back when the
 * socket closes.
 */
export async function openConnection(
  target: Target,
  deps: EgressDeps,
  cancelled: AbortSignal,
): Promise<OpenedConnection> {
  const notAllowed = deps.rules.whyNot(target);
  if (notAllowed !== null) return notAllowed;
  if (!deps.budget.take()) return refusal('used_up');
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(deps.limits.egressConnectMs)]);
  let opened: OpenedConnection | null = null;
  try {
    opened = await findAndDial(target, deps, signal);
    return opened;
  } finally {
    if (opened?.ok) opened.socket.once('close', deps.budget.release);
    else deps.budget.release();
  }
}

async function findAndDial(target: Target, deps: EgressDeps, signal: AbortSignal): Promise<OpenedConnection> {
  const { network, limits } = deps;
  const addresses = target.address === null ? await lookUp(network, target.host, signal) : [target.host];
  if (addresses === 'timeout') return refusal('lookup_timeout');
  if (addresses.length === 0) return refusal('unknown_name');
  const own = network.ownAddresses();
  if (!addresses.every((address) => mayReach(address, target, deps.rules, own))) return refusal('not_public');

  for (const address of addresses.slice(0, MOST_ADDRESSES)) {
    if (signal.aborted) break;
    const patience = limits.egressConnectMs / Math.min(addresses.length, MOST_ADDRESSES);
    const socket = await dial(network.connect(address, target.port), patience, signal);
    if (socket !== null) return { ok: true, socket };
  }
  return refusal(signal.aborted ? 'timeout' : 'unreachable');
}

/** What DNS says is hostile, too: an answer that is no plain address is never dialled. */
function mayReach(
  text: string,
  target: Target,
  rules: EgressRules,
  ownAddresses: readonly string[],
): boolean {
  const address = parseIpAddress(text);
  if (address === null) return false;
  const own = ownAddresses.some((mine) => sameAddress(mine, text));
  if (isPublicAddress(text) && !own) return true;
  const { allow, ports: ordinaryPorts } = rules;
  return rules.isNamedInside(target) && mayLeadInside(address, target.port, { allow, ordinaryPorts, own });
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
