import { type BudgetScope, capState, microUsdOf, monthOf, usdOf } from '@tinyfat/core';
import {
  type Agent,
  budgetOf,
  budgetsNearlySpent,
  type Database,
  monthSpent,
  removeBudget,
  type Sight,
  setBudget,
  transact,
  usageOfMonth,
  visibleBudgets,
  visibleOwners,
} from '@tinyfat/database';
import { type Refusal, refuse, removed } from '../answer.ts';
import { pageFrom } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint, endpoint } from '../endpoint.ts';
import { chosenOwner } from '../owner.ts';
import * as routes from '../routes/budgets.ts';

/** Whom a budget caps; `id` is the key in the table, `name` what people read. */
interface Subject {
  scope: BudgetScope;
  id: string;
  name: string;
  owner: string;
}

const ofOwner = (owner: string): Subject => ({ scope: 'owner', id: owner, name: owner, owner });
const ofAgent = ({ id, name, owner }: Pick<Agent, 'id' | 'name' | 'owner'>): Subject => ({
  scope: 'agent',
  id,
  name,
  owner,
});

export const budgetEndpoints = [
  endpoint(routes.listBudgets, async ({ deps, see, query }) => {
    const subjects = await cappedSubjects(deps, see.sight);
    return await pageFrom(
      query,
      async ({ after, limit }) => {
        const begin = Math.max(0, after?.at ?? 0);
        const rows = [];
        for (const [index, subject] of subjects.slice(begin, begin + limit).entries()) {
          rows.push({ at: begin + index + 1, budget: await shown(deps, subject) });
        }
        return rows;
      },
      ({ at }) => ({ at, id: '' }),
      (row) => row.budget,
    );
  }),

  agentEndpoint(routes.getAgentBudget, async ({ agent, deps }) => {
    return { ok: true, body: await shown(deps, ofAgent(agent)) };
  }),

  agentEndpoint(routes.putAgentBudget, async ({ agent, deps, body }) => {
    await write(deps.db, ofAgent(agent), body.monthly_usd, deps.clock());
    return { ok: true, body: await shown(deps, ofAgent(agent)) };
  }),

  agentEndpoint(routes.deleteAgentBudget, async ({ agent, deps }) => {
    return removed(await removeBudget(deps.db, 'agent', agent.id));
  }),

  endpoint(routes.getBudget, async ({ deps, principal, query }) => {
    const of = chosenOwner(principal, query.owner);
    return of.ok ? { ok: true, body: await shown(deps, ofOwner(of.owner)) } : of;
  }),

  endpoint(routes.putBudget, async ({ deps, principal, query, body }) => {
    const of = chosenOwner(principal, query.owner);
    if (!of.ok) return of;
    // Under the lock, so that nobody raises a cap that an admin lowers or takes away at the same moment.
    const refused = await transact(deps.db, [`owner:${of.owner}`], async (tx): Promise<Refusal | null> => {
      const { monthly } = await capInForce(tx, deps.ownerBudgetMicroUsd, ofOwner(of.owner));
      if (!principal.isAdmin && monthly !== null && microUsdOf(body.monthly_usd) > monthly) {
        return refuse('not_permitted', 'Only admins may raise the budget of an owner.');
      }
      await write(tx, ofOwner(of.owner), body.monthly_usd, deps.clock());
      return null;
    });
    return refused ?? { ok: true, body: await shown(deps, ofOwner(of.owner)) };
  }),

  endpoint(routes.deleteBudget, async ({ deps, principal, query }) => {
    const of = chosenOwner(principal, query.owner);
    if (!of.ok) return of;
    if (!principal.isAdmin) {
      return refuse('not_permitted', 'Only admins may take the budget of an owner away.');
    }
    const gone = await transact(deps.db, [`owner:${of.owner}`], (tx) => removeBudget(tx, 'owner', of.owner));
    return removed(gone);
  }),
];

/** Budgets that run low which are shown at once. */
const MOST_LOW = 20;
/** From where on a budget runs low, as `capState` has it. */
const LOW_PERCENT = 80;

/** Whose budgets run low: those that were set, and that which the server sets this owner. Asked with every page. */
export async function budgetsRunningLow(
  { db, clock, ownerBudgetMicroUsd }: ApiDeps,
  sight: Sight,
  owner: string | null,
): Promise<Subject[]> {
  const month = monthOf(clock());
  const low = await budgetsNearlySpent(db, sight, { month, percent: LOW_PERCENT, limit: MOST_LOW });
  const subjects = low.flatMap(({ scope, subject, name, owner: of }): Subject[] => {
    if (scope === 'owner') return [ofOwner(subject)];
    return name === null || of === null ? [] : [ofAgent({ id: subject, name, owner: of })];
  });
  if (owner === null || ownerBudgetMicroUsd === null || (await budgetOf(db, 'owner', owner))) return subjects;
  const { spent } = await usageOfMonth(db, { owner, agentId: null }, month);
  const state = capState({ monthly: ownerBudgetMicroUsd, spent });
  return state === 'ok' ? subjects : [...subjects, ofOwner(owner)];
}

/** A budget as lists have it, with what is added up by the hour. */
export async function lowBudget(deps: ApiDeps, subject: Subject) {
  const { id, scope } = subject;
  const whose = scope === 'owner' ? { owner: id, agentId: null } : { owner: null, agentId: id };
  return await shown(deps, subject, await usageOfMonth(deps.db, whose, monthOf(deps.clock())));
}

/** By owner and by name; owners without a budget of their own where the server caps them. */
async function cappedSubjects({ db, ownerBudgetMicroUsd }: ApiDeps, sight: Sight): Promise<Subject[]> {
  const set = await visibleBudgets(db, sight);
  const owners = new Set(set.filter(({ scope }) => scope === 'owner').map(({ subject }) => subject));
  if (ownerBudgetMicroUsd !== null) for (const owner of await visibleOwners(db, sight)) owners.add(owner);
  const agents = set.flatMap(({ subject, name, owner }) =>
    name === null || owner === null ? [] : [{ id: subject, name, owner }],
  );
  return [...[...owners].sort().map(ofOwner), ...agents.map(ofAgent)];
}

async function write(db: Database, { scope, id }: Subject, usd: number, now: number): Promise<void> {
  await setBudget(db, { scope, subject: id, monthly_micro_usd: microUsdOf(usd), updated_at: now });
}

/** The cap of an owner or an agent, micro-dollars, and where it comes from; `ownerDefault` holds for owners without one. */
export async function capInForce(
  db: Database,
  ownerDefault: number | null,
  { scope, id }: Pick<Subject, 'scope' | 'id'>,
): Promise<{ monthly: number | null; from: 'set' | 'default' | null }> {
  const set = await budgetOf(db, scope, id);
  if (set) return { monthly: set.monthly_micro_usd, from: 'set' };
  return scope === 'owner' && ownerDefault !== null
    ? { monthly: ownerDefault, from: 'default' }
    : { monthly: null, from: null };
}

async function shown(
  { db, clock, ownerBudgetMicroUsd }: ApiDeps,
  subject: Subject,
  used?: { spent: number; reserved: number },
) {
  const { monthly, from } = await capInForce(db, ownerBudgetMicroUsd, subject);
  const now = clock();
  const { spent, reserved } = used ?? (await monthSpent(db, subject.scope, subject.id, monthOf(now)));
  return {
    scope: subject.scope,
    subject: subject.name,
    owner: subject.owner,
    monthly_usd: monthly === null ? null : usdOf(monthly),
    from,
    state: monthly === null ? null : capState({ monthly, spent }),
    month: new Date(now).toISOString().slice(0, 7),
    spent_usd: usdOf(spent),
    reserved_usd: usdOf(reserved),
  };
}
