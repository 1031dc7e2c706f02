/**
 * Invariant 9: the one place that loads an agent, mail, run or delivery for a principal. What belongs to somebody else is
 * not found, like what does not exist.
 */
import {
  type Agent,
  type Database,
  type Delivery,
  type Mail,
  type OfAgent,
  type RunOfMail,
  SHORTEST_ID,
  type Sight,
  visibleAgent,
  visibleAgentOf,
  visibleDeliveriesNamed,
  visibleMailsNamed,
  visibleRunsNamed,
} from '@tinyfat/database';
import { type Refusal, refuse } from './answer.ts';
import type { Principal } from './principal.ts';

type Found<Row> = { ok: true; row: Row } | Refusal;

export interface Visible {
  /** For lists. */
  sight: Sight;
  agent(name: string): Promise<Found<Agent>>;
  /** The agent of a row that was found, also where it is deleted. */
  agentOf(row: { agent_id: string }): Promise<Found<Agent>>;
  /** The agent that a list is narrowed to; no name, no narrowing. */
  agentFilter(name: string | undefined): Promise<Found<{ agentId?: string }>>;
  /** By its id, or an unambiguous beginning of it; so are `run` and `delivery`. */
  mail(id: string): Promise<Found<OfAgent<Mail>>>;
  run(id: string): Promise<Found<RunOfMail>>;
  delivery(id: string): Promise<Found<OfAgent<Delivery>>>;
}

/** What a principal may see. */
export function visibleTo(db: Database, principal: Principal): Visible {
  // Only the operator has no owner, and is an admin.
  const sight: Sight = principal.isAdmin ? 'all' : { owner: principal.owner ?? '' };
  const agent = async (name: string) => found(await visibleAgent(db, sight, name.toLowerCase()));
  return {
    sight,
    agent,
    agentOf: async ({ agent_id }) => found(await visibleAgentOf(db, sight, agent_id)),
    async agentFilter(name) {
      if (name === undefined) return { ok: true, row: {} };
      const named = await agent(name);
      return named.ok ? { ok: true, row: { agentId: named.row.id } } : named;
    },
    mail: async (id) => oneNamed(await visibleMailsNamed(db, sight, id), id),
    run: async (id) => oneNamed(await visibleRunsNamed(db, sight, id), id),
    delivery: async (id) => oneNamed(await visibleDeliveriesNamed(db, sight, id), id),
  };
}

function found<Row>(row: Row | undefined): Found<Row> {
  return row === undefined ? refuse('not_found') : { ok: true, row };
}

/** The one row of these whose id is this, or begins with it. */
export function oneNamed<Row extends { id: string }>(rows: readonly Row[], id: string): Found<Row> {
  const exact = rows.find((row) => row.id === id);
  if (exact !== undefined) return { ok: true, row: exact };
  const begun = id.length < SHORTEST_ID ? [] : rows.filter((row) => row.id.startsWith(id));
  const [first, second] = begun;
  if (first === undefined || second === undefined) return found(first);
  return refuse('id_ambiguous', `More than one id begins with ${id}: ${first.id}, ${second.id}.`);
}
