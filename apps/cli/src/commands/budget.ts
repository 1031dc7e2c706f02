/** `tinyfat budget set|show|remove`: what a month may cost, for one agent or for all agents of an owner. */
import { formatUsd, microUsdOf, parseUsd, renderError, usdOf } from '@tinyfat/core';
import { budgetRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { Answered, ApiClient, Failed } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { notFound, refused, withApi } from '../client/open-api.ts';
import { type Command, printable, printRows, readWords, UsageError } from './command.ts';
import { chosenOwner, unknownAgent, warnOfNoAgent } from './named-agent.ts';

type Budget = InferOutput<typeof budgetRoutes.budget>;
/** Whose: an agent, or all agents of an owner together. */
type Subject = { agent: string } | { owner: string };

const USAGE =
  'write: budget set NAME USD, budget set --owner ADDR USD, budget show [NAME], budget remove NAME or budget remove --owner ADDR';

/** Sets, shows and removes budgets. A running server keeps to them from the next request to a model on. */
export const budgetCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' }, owner: { type: 'string' } });
  const [action, ...rest] = positionals;
  const name = values.owner === undefined ? rest.shift() : undefined;
  const [amount, ...more] = rest;
  const isNamed = name !== undefined || values.owner !== undefined;
  const isComplete =
    action === 'show'
      ? rest.length === 0
      : isNamed && more.length === 0 && (action === 'set') === (amount !== undefined);
  if (!isComplete || !['set', 'show', 'remove'].includes(action ?? '')) throw new UsageError(USAGE);
  const parsed = amount === undefined ? null : parseUsd(amount);
  if (parsed?.ok === false) throw new UsageError(parsed.reason);
  return await withApi(config, async (api) => {
    if (!isNamed) return await show(api, null, values.json === true);
    const subject = await subjectOf(api, name, values.owner);
    if (subject === null) return 1;
    if (parsed) return await set(api, subject, usdOf(parsed.microUsd));
    return action === 'show' ? await show(api, subject, values.json === true) : await remove(api, subject);
  });
};

async function subjectOf(
  api: ApiClient,
  agent: string | undefined,
  named: string | undefined,
): Promise<Subject | null> {
  if (agent !== undefined) return { agent };
  const owner = await chosenOwner(api, named, USAGE);
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

/** Every cap that binds somebody: those that were set, and the default for owners of agents. */
async function show(api: ApiClient, subject: Subject | null, json: boolean): Promise<number> {
  const budgets = await (subject === null
    ? listAll((query) => api.call(budgetRoutes.listBudgets, { query }))
    : 'agent' in subject
      ? ofAgent(api, subject.agent)
      : ofOwner(api, subject.owner));
  if (!budgets.ok) return unknown(budgets, subject);
  printRows(
    budgets.body.flatMap(row),
    json,
    'Nothing caps what a month may cost. Set a budget: tinyfat budget set NAME USD',
  );
  return 0;
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

/** What a cap has come to this month; nothing where there is none. */
function row({ scope, subject, monthly_usd, spent_usd, reserved_usd, state, from }: Budget) {
  if (monthly_usd === null) return [];
  const [monthly, spent] = [microUsdOf(monthly_usd), microUsdOf(spent_usd)];
  return [
    {
      scope,
      name: subject,
      monthly_usd,
      spent_usd,
      reserved_usd,
      used: monthly === 0 ? '-' : `${Math.floor((100 * spent) / monthly)}%`,
      state,
      from: from === 'set' ? 'budget set' : 'OWNER_BUDGET_USD',
    },
  ];
}
