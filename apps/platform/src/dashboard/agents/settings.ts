/** The page with the settings of an agent: what is in force, what is typed, and what a form changes. */
import {
  DEFAULT_MODEL,
  MODEL_ALIASES,
  newestOfFamily,
  OUTBOUND_POLICIES,
  SESSION_SCOPES,
} from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import * as budgets from '../../api/routes/budgets.ts';
import { moneyText } from '../../view/numbers.ts';
import { agentPath } from './agent-tabs.ts';
import { costText } from './turn-cost.ts';
import { choiceOf, OUTBOUND_CHOICES } from './words.ts';

type Settings = v.InferOutput<typeof agents.agentSettings>;
type Agent = v.InferOutput<typeof agents.agent>;
type Budget = v.InferOutput<typeof budgets.budget>;

/** What the page shows. */
export interface SettingsPage {
  ok: true;
  agent: Agent;
  settings: Settings;
  /** The agent's own cap, and that of its owner, which holds beside it. */
  budget: Budget;
  ownerBudget: Budget;
  models: { value: string; label: string }[];
}

/** The fields of the main form, as they are typed. */
export interface SettingsFields {
  display_name: string;
  model: string;
  session_scope: string;
  outbound: string;
  egress: string;
  hosts: string;
}

/** Asks for everything on the page. */
export async function settingsPage(ask: Ask, name: string): Promise<SettingsPage | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const settings = await ask(agents.getAgentSettings, { params });
  if (!settings.ok) return settings;
  const budget = await ask(budgets.getAgentBudget, { params });
  if (!budget.ok) return budget;
  const ownerBudget = await ask(budgets.getBudget, { query: { owner: agent.body.owner } });
  if (!ownerBudget.ok) return ownerBudget;
  return {
    ok: true,
    agent: agent.body,
    settings: settings.body,
    budget: budget.body,
    ownerBudget: ownerBudget.body,
    models: modelChoices(settings.body),
  };
}

/** The fields as what is in force fills them. */
export function fieldsInForce(agent: Agent, settings: Settings): SettingsFields {
  const { egress } = agent;
  const isList = egress !== 'public' && egress !== 'none';
  return {
    display_name: agent.display_name ?? '',
    model: settings.model.named ?? '',
    session_scope: agent.session_scope,
    outbound: agent.outbound,
    egress: isList ? 'list' : egress,
    hosts: isList ? egress.split(',').join('\n') : '',
  };
}

/** Before the names of the fields that hold what a form was made of. */
export const WAS = 'was_';

/** The fields as somebody typed them; with `WAS` what they found in them. */
export function typedFields(form: URLSearchParams, before: '' | typeof WAS = ''): SettingsFields {
  const text = (name: string) => form.get(`${before}${name}`) ?? '';
  return {
    display_name: text('display_name'),
    model: text('model'),
    session_scope: text('session_scope'),
    outbound: text('outbound'),
    egress: text('egress'),
    hosts: text('hosts'),
  };
}

/**
 * Writes what somebody has changed of the fields that they found: nothing that somebody else has set meanwhile is set back.
 * `configEtag` is of the config.json that they saw.
 */
export async function saveSettings(
  ask: Ask,
  name: string,
  { typed, found, configEtag }: { typed: SettingsFields; found: SettingsFields; configEtag: string },
): Promise<Outcome<unknown>> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const settings = await ask(agents.getAgentSettings, { params });
  if (!settings.ok) return settings;
  const now = fieldsInForce(agent.body, settings.body);
  const scope = SESSION_SCOPES.find((one) => one === typed.session_scope);
  const outbound = OUTBOUND_POLICIES.find((one) => one === typed.outbound);
  if (scope === undefined || outbound === undefined) return refuse('invalid_request', 'A choice is missing.');
  const changes = (of: (fields: SettingsFields) => string) =>
    of(typed) !== of(found) && of(typed) !== of(now);
  const crossed = SET_AT_ONCE.find(({ of }) => changes(of) && of(now) !== of(found));
  if (crossed) {
    const detail = `Somebody else has changed “${crossed.label}” since you looked, so nothing was saved.`;
    const nextStep = `It is now: ${crossed.of(now) || 'empty'}. Save again, and what stands below replaces it.`;
    return { ...refuse('precondition_failed', detail), nextStep };
  }
  const body = {
    ...(changes((fields) => fields.display_name) ? { display_name: typed.display_name } : {}),
    ...(changes(({ model }) => model) ? { model: typed.model === '' ? null : typed.model } : {}),
    ...(changes((fields) => fields.session_scope) ? { session_scope: scope } : {}),
    ...(changes((fields) => fields.outbound) ? { outbound } : {}),
    ...(changes(egressOf) ? { egress: egressOf(typed) } : {}),
  };
  if (Object.keys(body).length === 0) return { ok: true, body: null };
  return await ask(agents.changeAgent, { params, body: { ...body, config_etag: configEtag } });
}

/** Bytes of a form of the page: a list of hosts may have 10,000 characters. */
export const MAX_SETTINGS_BYTES = 64 * 1024;

/** Does what a form of the page asks for; gives the page to go to. */
export async function changeFromForm(
  ask: Ask,
  name: string,
  form: URLSearchParams,
): Promise<{ ok: true; href: string } | Refusal> {
  const params = { agent: name };
  const to = (place: string, outcome: Outcome<unknown>): { ok: true; href: string } | Refusal =>
    outcome.ok ? { ok: true, href: `${agentPath(name)}/settings${place}` } : outcome;
  switch (form.get('action')) {
    case 'save':
      return to(
        '?done=saved',
        await saveSettings(ask, name, {
          typed: typedFields(form),
          found: typedFields(form, WAS),
          configEtag: form.get('config_etag') ?? '',
        }),
      );
    case 'budget':
      return to('?done=budget', await saveBudget(ask, name, form.get('monthly') ?? ''));
    case 'pause':
      return to('?done=paused', await ask(agents.changeAgent, { params, body: { paused: true } }));
    case 'resume':
      return to('?done=resumed', await ask(agents.changeAgent, { params, body: { paused: false } }));
    case 'owner': {
      const owner = (form.get('owner') ?? '').trim();
      return to('?done=owner', await ask(agents.changeAgent, { params, body: { owner } }));
    }
    default:
      return refuse('invalid_request', 'The form does not say what is to be done.');
  }
}

/** What caps the agent's month, its own cap and its owner's, with where each comes from. */
export function budgetWords(budget: Budget, ownerBudget: Budget): string {
  const own =
    budget.monthly_usd === null
      ? 'No cap of its own is set.'
      : `Its own cap is ${moneyText(budget.monthly_usd)} a month, set for this agent.`;
  if (ownerBudget.monthly_usd === null)
    return `${own} Nothing caps all agents of ${ownerBudget.subject} together.`;
  const from = ownerBudget.from === 'default' ? 'the server’s default' : 'the owner’s budget';
  return `${own} All agents of ${ownerBudget.subject} together may cost ${moneyText(ownerBudget.monthly_usd)} (${from}), of which ${moneyText(ownerBudget.spent_usd)} is spent.`;
}

/** Caps what a month of the agent may cost; an empty text takes the cap away. */
export async function saveBudget(ask: Ask, name: string, text: string): Promise<Outcome<unknown>> {
  const params = { agent: name };
  const amount = text.trim().replace(/^\$\s*/, '');
  if (amount === '') {
    const gone = await ask(budgets.deleteAgentBudget, { params });
    // Nothing was there to take away.
    if (gone.ok || gone.code !== 'not_found') return gone;
    return await ask(agents.getAgent, { params });
  }
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(amount)) {
    return refuse('invalid_request', 'Write an amount of US dollars such as 20 or 7.50.');
  }
  return await ask(budgets.putAgentBudget, { params, body: { monthly_usd: Number(amount) } });
}

/** Settings that are no part of config.json, whose changes are told by its tag. */
const SET_AT_ONCE: readonly { label: string; of(fields: SettingsFields): string }[] = [
  { label: 'Name in From', of: ({ display_name }) => display_name },
  { label: 'To whom it may write', of: ({ outbound }) => choiceOf(OUTBOUND_CHOICES, outbound).label },
  { label: 'What its turns may reach', of: egressOf },
];

function egressOf({ egress, hosts }: SettingsFields): string {
  if (egress !== 'list') return egress;
  return hosts
    .split(/[\s,]+/)
    .filter((host) => host !== '')
    .join(',');
}

/** The default, the newest of each family, then every model, each with what a turn costs. */
function modelChoices({ model, models }: Settings): { value: string; label: string }[] {
  const costOf = (id: string) => costText(models.find((one) => one.id === id));
  const families = MODEL_ALIASES.flatMap((alias) => {
    const newest = newestOfFamily(alias, models);
    return newest ? [{ value: alias, label: `${alias} (${newest.id}), ${costOf(newest.id)}` }] : [];
  });
  const choices = [
    { value: '', label: `The server’s default (${DEFAULT_MODEL})` },
    ...families,
    ...models.map(({ id }) => ({ value: id, label: `${id}, ${costOf(id)}` })),
  ];
  const isKnown = model.named === null || choices.some(({ value }) => value === model.named);
  return isKnown
    ? choices
    : [...choices, { value: model.named ?? '', label: `${model.named}, which there is not` }];
}
