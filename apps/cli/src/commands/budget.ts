/** `tinyfat budget set|show|remove`: what a month may cost, for one agent or for all agents of an owner. */
import {
  type BudgetScope,
  type Cap,
  canonicalAddress,
  capState,
  formatUsd,
  monthOf,
  parseUsd,
  renderError,
  usdOf,
} from '@tinyfat/core';
import {
  agentById,
  budgetOf,
  listAgents,
  listBudgets,
  monthSpent,
  removeBudget,
  setBudget,
} from '@tinyfat/database';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { type Command, printRows, readWords, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

const USAGE =
  'write: budget set NAME USD, budget set --owner ADDR USD, budget show [NAME], budget remove NAME or budget remove --owner ADDR';

/** Whose budget: what the tables call it, and what people do. */
interface Subject {
  scope: BudgetScope;
  id: string;
  name: string;
}

/** Sets, shows and removes budgets. A running server keeps to them from the next request to a model on. */
export const budgetCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' }, owner: { type: 'string' } });
  const [action, ...rest] = positionals;
  const named = values.owner === undefined ? rest.shift() : undefined;
  if (action === 'show' && rest.length === 0) {
    const owner = values.owner === undefined ? null : canonicalOwner(values.owner);
    return await show(config, { name: named ?? null, owner }, values.json === true);
  }
  const [amount, ...more] = rest;
  const complete = (named !== undefined || values.owner !== undefined) && more.length === 0;
  if (
    !complete ||
    (action === 'set') !== (amount !== undefined) ||
    !['set', 'remove'].includes(action ?? '')
  ) {
    throw new UsageError(USAGE);
  }
  const parsed = amount === undefined ? null : parseUsd(amount);
  if (parsed?.ok === false) throw new UsageError(parsed.reason);
  const owner = values.owner === undefined ? null : canonicalOwner(values.owner);
  return await withData(config, async (data) => {
    const subject = owner === null ? await agentSubject(data, named ?? '') : ownerSubject(owner);
    if (subject === null) return 1;
    return parsed ? await set(data, subject, parsed.microUsd) : await remove(data, subject, config);
  });
};

function canonicalOwner(text: string): string {
  const parsed = canonicalAddress(text);
  if (!parsed.ok) throw new UsageError(`--owner: ${parsed.reason}`);
  return parsed.address;
}

async function agentSubject(data: DataFolder, name: string): Promise<Subject | null> {
  const agent = await namedAgent(data, name);
  return agent && { scope: 'agent', id: agent.id, name: agent.name };
}

function ownerSubject(owner: string): Subject {
  return { scope: 'owner', id: owner, name: owner };
}

function whose({ scope, name }: Subject): string {
  return scope === 'agent' ? name : `all agents of ${name} together`;
}

async function set({ db }: DataFolder, subject: Subject, monthly: number): Promise<number> {
  const now = Date.now();
  await setBudget(db, {
    scope: subject.scope,
    subject: subject.id,
    monthly_micro_usd: monthly,
    updated_at: now,
  });
  const { spent } = await monthSpent(db, subject.scope, subject.id, monthOf(now));
  console.log(
    `${whose(subject)}: ${formatUsd(monthly)} a month at most. This month has cost ${formatUsd(spent)} so far.`,
  );
  if (subject.scope === 'owner' && !(await listAgents(db)).some(({ owner }) => owner === subject.id)) {
    console.error(`Warning: ${subject.id} owns no agent; see: tinyfat agent list`);
  }
  return 0;
}

async function remove({ db }: DataFolder, subject: Subject, config: Config): Promise<number> {
  if (!(await removeBudget(db, subject.scope, subject.id))) {
    console.error(`tinyfat: ${renderError('budget_unknown', `Asked for: ${subject.name}.`)}`);
    return 1;
  }
  const fallback = subject.scope === 'owner' ? config.ownerBudgetMicroUsd : null;
  const now = fallback === null ? 'no cap of their own' : `${formatUsd(fallback)} a month (OWNER_BUDGET_USD)`;
  console.log(`The budget is gone; ${whose(subject)}: ${now}.`);
  return 0;
}

/** Every cap that binds somebody: those that were set, and the default for owners of agents. */
async function show(
  config: Config,
  only: { name: string | null; owner: string | null },
  json: boolean,
): Promise<number> {
  return await withData(config, async (data) => {
    const subjects =
      only.owner !== null
        ? [ownerSubject(only.owner)]
        : only.name !== null
          ? await subjectsOf(data, only.name)
          : await allSubjects(data, config);
    if (subjects === null) return 1;
    const rows = [];
    for (const subject of subjects) {
      const row = await budgetRow(data, subject, config);
      if (row) rows.push(row);
    }
    printRows(rows, json, 'Nothing caps what a month may cost. Set a budget: tinyfat budget set NAME USD');
    return 0;
  });
}

async function subjectsOf(data: DataFolder, name: string): Promise<Subject[] | null> {
  const agent = await namedAgent(data, name);
  return agent && [{ scope: 'agent', id: agent.id, name: agent.name }, ownerSubject(agent.owner)];
}

async function allSubjects({ db }: DataFolder, config: Config): Promise<Subject[]> {
  const budgets = await listBudgets(db);
  const owners = new Set(budgets.filter(({ scope }) => scope === 'owner').map(({ subject }) => subject));
  if (config.ownerBudgetMicroUsd !== null) {
    for (const { owner } of await listAgents(db)) owners.add(owner);
  }
  const subjects = [...owners].sort().map(ownerSubject);
  for (const { scope, subject } of budgets) {
    const agent = scope === 'agent' ? await agentById(db, subject) : undefined;
    if (agent && agent.deleted_at === null) subjects.push({ scope: 'agent', id: agent.id, name: agent.name });
  }
  return subjects;
}

/** What a cap has come to this month; null where there is none. */
async function budgetRow({ db }: DataFolder, subject: Subject, config: Config) {
  const { scope, id, name } = subject;
  const set = (await budgetOf(db, scope, id))?.monthly_micro_usd;
  const monthly = set ?? (scope === 'owner' ? config.ownerBudgetMicroUsd : null);
  if (monthly === null) return null;
  const cap: Cap = { scope, monthly, ...(await monthSpent(db, scope, id, monthOf(Date.now()))) };
  return {
    scope,
    name,
    monthly_usd: usdOf(monthly),
    spent_usd: usdOf(cap.spent),
    reserved_usd: usdOf(cap.reserved),
    used: monthly === 0 ? '-' : `${Math.floor((100 * cap.spent) / monthly)}%`,
    state: capState(cap),
    from: set === undefined ? 'OWNER_BUDGET_USD' : 'budget set',
  };
}
