import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { named, ofOwner, page, paging } from '../fields.ts';
import { route } from '../route.ts';
import { ofAgent } from './agents.ts';

const usd = 'an amount of US dollars from 0 to 1000000, with six decimals at most';
const money = jsonBody(
  v.strictObject({
    monthly_usd: v.pipe(v.number(usd), v.minValue(0, usd), v.maxValue(1_000_000, usd)),
  }),
);

export const budget = named(
  'Budget',
  v.strictObject({
    scope: v.picklist(['agent', 'owner']),
    /** Name of the agent, or address of the owner. */
    subject: v.string(),
    /** The owner, whose budget holds beside that of an agent. */
    owner: v.string(),
    /** Null where nothing caps this. */
    monthly_usd: v.nullable(v.number()),
    /** `default`: OWNER_BUDGET_USD of the server. */
    from: v.nullable(v.picklist(['set', 'default'])),
    state: v.nullable(v.picklist(['ok', 'low', 'exhausted'])),
    /** Calendar month in UTC, `2026-11`. */
    month: v.string(),
    spent_usd: v.number(),
    /** Set aside for turns that run. */
    reserved_usd: v.number(),
  }),
);

export const getAgentBudget = route(
  'GET',
  '/agents/{agent}/budget',
  'What a month of the agent may cost, and has cost',
  {
    scope: 'read',
    params: ofAgent,
    answer: json(budget),
  },
);

export const putAgentBudget = route(
  'PUT',
  '/agents/{agent}/budget',
  'Cap what a month of the agent may cost',
  {
    description: 'Holds from the next request to a model on. The budget of the owner holds beside it.',
    scope: 'write',
    params: ofAgent,
    body: money,
    answer: json(budget),
  },
);

export const deleteAgentBudget = route('DELETE', '/agents/{agent}/budget', "Take the agent's own cap away", {
  scope: 'write',
  params: ofAgent,
  answer: noContent,
});

export const listBudgets = route('GET', '/budgets', 'Everything that is capped: owners, then agents', {
  scope: 'read',
  query: v.strictObject(paging),
  answer: json(page(budget)),
});

export const getBudget = route(
  'GET',
  '/budget',
  'What a month of all agents of an owner may cost, and has cost',
  {
    scope: 'read',
    query: ofOwner,
    answer: json(budget),
    errors: ['not_permitted'],
  },
);

export const putBudget = route('PUT', '/budget', 'Cap what a month of all agents of an owner may cost', {
  description:
    'An owner may set a cap where there is none, or a lower one: it may be there to save the money of whoever runs the server. Only admins raise it.',
  scope: 'write',
  query: ofOwner,
  body: money,
  answer: json(budget),
  errors: ['not_permitted'],
});

export const deleteBudget = route(
  'DELETE',
  '/budget',
  "Take an owner's cap away; that of the server holds then",
  {
    description: 'Only for admins.',
    scope: 'write',
    query: ofOwner,
    answer: noContent,
    errors: ['not_permitted', 'not_found'],
  },
);
