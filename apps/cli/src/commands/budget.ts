/** `tinyfat budget set|show|remove`: what a month may cost, for one agent or for all agents of an owner. */
import { formatUsd, microUsdOf, parseUsd, renderError, usdOf } from '@tinyfat/core';
import { budgetRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { Answered, ApiClient, Failed } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { notFound, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { printTable } from '../output/table.ts';
import { printable } from '../output/text.ts';
import { chosenOwner, unknownAgent, warnOfNoAgent } from './named-agent.ts';

type Budget = InferOutput<typeof budgetRoutes.budget>;
/** Whom a budget caps: an agent, or all agents of an owner together. */
type Subject = { agent: string } | { owner: string };

const ONE_SUBJECT = 'name an agent, or an owner with --owner ADDR';

interface OwnerOption {
  owner: string | undefined;
}

/** Caps what a month may cost. A running server applies it from the next request to a model on. */
export const setBudget: Run<[string, string | undefined], OwnerOption> = async (
  { words, options },
  config,
) => {
  const [first, second] = words;
  const isOwners = options.owner !== undefined;
  if (isOwners === (second !== undefined)) throw new UsageError('write NAME USD, or --owner ADDR USD');
  const parsed = parseUsd(second ?? first);
  if (!parsed.ok) throw new UsageError(parsed.reason);
  return await withApi(config, async (api) => {
    const subject = await subjectOf(api, isOwners ? undefined : first, options.owner);
    return subject === null ? 1 : await set(api, subject, usdOf(parsed.microUsd));
  });
};

/** Takes a cap away. */
export const removeBudget: Run<[string | undefined], OwnerOption> = async (
  { words: [name], options },
  config,
) => {
  if ((name === undefined) === (options.owner === undefined)) throw new UsageError(ONE_SUBJECT);
  return await withApi(config, async (api) => {
    const subject = await subjectOf(api, name, options.owner);
    return subject === null ? 1 : await remove(api, subject);
  });
};

/** Shows every cap that binds somebody: those that were set, and the default for owners of agents. */
export const showBudgets: Run<[string | undefined], OwnerOption & { json: boolean }> = async (
  { words: [name], options },
  config,
) => {
  if (name !== undefined && options.owner !== undefined) throw new UsageError(ONE_SUBJECT);
  return await withApi(config, async (api) => {
    if (name === undefined && options.owner === undefined) return await show(api, null, options.json);
    const subject = await subjectOf(api, name, options.owner);
    return subject === null ? 1 : await show(api, subject, options.json);
  });
};

async function subjectOf(
  api: ApiClient,
  agent: string | undefined,
  named: string | undefined,
): Promise<Subject | null> {
  if (agent !== undefined) return { agent };
  const owner = await chosenOwner(api, named, ONE_SUBJECT);
  return owner === null ? null : { owner };
}

function whose({ scope, subject }: Budget): string {
  return printable(scope === 'agent' ? subject : `all agents of ${subject} together`);
}

function ask(api: ApiClient, subject: Subject): Promise<Answered<Budget>> {
  return 'agent' in subject
    ? api.call(budgetRoutes.getAgentBudget, { params: subject })
    : api.call(budgetRoutes.getBudget, { query: subject });
}

function unknown(failure: Failed, subject: Subject | null): number {
  return subject !== null && 'agent' in subject ? unknownAgent(failure, subject.agent) : refused(failure);
}

async function set(api: ApiClient, subject: Subject, usd: number): Promise<number> {
  const body = { monthly_usd: usd };
  const answer =
    'agent' in subject
      ? await api.call(budgetRoutes.putAgentBudget, { params: subject, body })
      : await api.call(budgetRoutes.putBudget, { query: subject, body });
  if (!answer.ok) return unknown(answer, subject);
  const [most, spent] = [usd, answer.body.spent_usd].map((amount) => formatUsd(microUsdOf(amount)));
  console.log(`${whose(answer.body)}: ${most} a month at most. This month has cost ${spent} so far.`);
  if ('owner' in subject) await warnOfNoAgent(api, subject.owner);
  return 0;
}

async function remove(api: ApiClient, subject: Subject): Promise<number> {
  const before = await ask(api, subject);
  if (!before.ok) return unknown(before, subject);
  const gone =
    'agent' in subject
      ? await api.call(budgetRoutes.deleteAgentBudget, { params: subject })
      : await api.call(budgetRoutes.deleteBudget, { query: subject });
  if (!gone.ok) {
    return notFound(gone, renderError('budget_unknown', `Asked for: ${before.body.subject}.`));
  }
  const now = await ask(api, subject);
  if (!now.ok) return refused(now);
  const { monthly_usd: monthly } = now.body;
  const left =
    monthly === null ? 'no cap of their own' : `${formatUsd(microUsdOf(monthly))} a month (OWNER_BUDGET_USD)`;
  console.log(`The budget is gone; ${whose(now.body)}: ${left}.`);
  return 0;
}

async function show(api: ApiClient, subject: Subject | null, json: boolean): Promise<number> {
  const budgets = await (subject === null
    ? listAll((query) => api.call(budgetRoutes.listBudgets, { query }))
    : 'agent' in subject
      ? ofAgent(api, subject.agent)
      : ofOwner(api, subject.owner));
  if (!budgets.ok) return unknown(budgets, subject);
  printTable(
    budgets.body.flatMap(capOf),
    {
      columns: [
        { head: 'scope', cell: ({ scope }) => scope },
        { head: 'name', cell: ({ name }) => name, least: 12 },
        { head: 'a month', cell: ({ monthly_usd: usd }) => usdText(usd) },
        { head: 'spent', cell: ({ spent_usd: usd }) => usdText(usd) },
        { head: 'set aside', cell: ({ reserved_usd: usd }) => usdText(usd) },
        { head: 'used', cell: ({ used }) => (used === null ? null : `${Math.floor(100 * used)}%`) },
        { head: 'state', cell: ({ state }) => state },
        { head: 'from', cell: ({ from }) => from },
      ],
      empty: 'Nothing caps what a month may cost. Set a budget: tinyfat budget set NAME USD',
    },
    json,
  );
  return 0;
}

function usdText(usd: number): string {
  return formatUsd(microUsdOf(usd));
}

async function ofOwner(api: ApiClient, owner: string): Promise<Answered<Budget[]>> {
  const answer = await ask(api, { owner });
  return answer.ok ? { ok: true, body: [answer.body] } : answer;
}

/** The agent's own, and that of its owner. */
async function ofAgent(api: ApiClient, agent: string): Promise<Answered<Budget[]>> {
  const own = await ask(api, { agent });
  if (!own.ok) return own;
  const owners = await ask(api, { owner: own.body.owner });
  return owners.ok ? { ok: true, body: [own.body, owners.body] } : owners;
}

/** How far a cap is used up this month; empty without a cap. `used` is a share, 0.5 = half. */
function capOf({ scope, subject, monthly_usd, spent_usd, reserved_usd, state, from }: Budget) {
  if (monthly_usd === null) return [];
  const used = monthly_usd === 0 ? null : spent_usd / monthly_usd;
  const origin = from === 'set' ? 'budget set' : 'OWNER_BUDGET_USD';
  return [{ scope, name: subject, monthly_usd, spent_usd, reserved_usd, used, state, from: origin }];
}
