import { OUTBOUND_POLICIES, SESSION_SCOPES } from '@tinyfat/core';
import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { address, agentName, line, named, page, paging, time } from '../fields.ts';
import { route } from '../route.ts';

/** What every route below an agent has in its path. */
export const ofAgent = v.strictObject({ agent: agentName });

const facts = {
  id: v.string(),
  name: v.string(),
  address: v.string(),
  owner: v.string(),
  created_at: time,
  turns: v.number(),
  tokens: v.number(),
  cost_usd: v.number(),
  /** Since when its mail waits; null: it is not paused. */
  paused_at: v.nullable(time),
};

const agentRow = named('AgentRow', v.strictObject(facts));

export const agent = named(
  'Agent',
  v.strictObject({
    ...facts,
    /** As config.json names it; null where the default of the server is used. */
    model: v.nullable(v.string()),
    session_scope: v.picklist(SESSION_SCOPES),
    /** Stands before the address in From of what it sends; null: its name does. */
    display_name: v.nullable(v.string()),
    /** What its turns may reach over the network: `none`, `public`, or hosts with commas between. */
    egress: v.string(),
    /** To whom it may write without asking: people it knows (`known`), nobody (`ask`), or `anyone`. */
    outbound: v.picklist(OUTBOUND_POLICIES),
    /** Mails that were taken and wait because it is paused. */
    mails_paused: v.number(),
    allowed_senders: v.array(v.string()),
    /** Mails in quarantine: they wait for the owner. */
    mails_waiting: v.number(),
    outbox: v.strictObject({
      waiting: v.number(),
      awaiting_approval: v.number(),
      failed: v.number(),
      uncertain: v.number(),
      bounced: v.number(),
    }),
    turn_running: v.boolean(),
    /** What its folder held after the last turn, and may hold; null before the first. */
    folder: v.strictObject({
      bytes: v.nullable(v.number()),
      measured_at: v.nullable(time),
      quota_bytes: v.number(),
    }),
    /** What is odd about config.json or an entry of the list. */
    warnings: v.array(v.string()),
  }),
);

const model = line(100, 'the name of a model such as haiku');

/** Where a setting of an agent comes from: its own config.json, a setting of the agent on the server, or the server's default. */
const from = v.picklist(['config.json', 'agent', 'server']);

export const agentSettings = named(
  'AgentSettings',
  v.strictObject({
    model: v.strictObject({
      /** As config.json names it; null where it names none. */
      named: v.nullable(v.string()),
      /** The id of the model that turns use. */
      in_force: v.string(),
      from,
    }),
    /** All that there are, with what a turn of this agent cost at each. */
    models: v.array(
      v.strictObject({
        id: v.string(),
        name: v.string(),
        /** How many of its last turns at this model are looked at: at most 20. */
        turns: v.number(),
        /** Null where there is none: not known. */
        median_usd: v.nullable(v.number()),
        mean_usd: v.nullable(v.number()),
      }),
    ),
    session_scope: v.strictObject({ in_force: v.picklist(SESSION_SCOPES), from }),
    display_name: v.strictObject({ in_force: v.string(), from }),
    egress: v.strictObject({ in_force: v.string(), from }),
    outbound: v.strictObject({ in_force: v.picklist(OUTBOUND_POLICIES), from }),
    /** Whether the principal may let it write to anyone. */
    may_set_anyone: v.boolean(),
    /** Names config.json as it is, for `config_etag` of a change. */
    config_etag: v.string(),
    /** What is odd about config.json. */
    warnings: v.array(v.string()),
  }),
);

export const listAgents = route('GET', '/agents', 'Agents, the newest first', {
  scope: 'read',
  /** Only admins may name another owner. */
  query: v.strictObject({ ...paging, owner: v.optional(address) }),
  answer: json(page(agentRow)),
  errors: ['not_permitted'],
});

export const createAgent = route('POST', '/agents', 'Make an agent', {
  description: 'Only admins may name another owner. The owner may write to the agent from the start.',
  scope: 'write',
  body: jsonBody(
    v.strictObject({
      name: agentName,
      owner: v.optional(address),
      allow: v.optional(
        v.pipe(
          v.array(line(330, 'name@example.com, @example.com or @*.example.com')),
          v.maxLength(200, 'at most 200 entries'),
        ),
      ),
      model: v.optional(model),
    }),
  ),
  answer: json(agent, 201),
  errors: ['not_permitted', 'agent_name_taken'],
});

export const getAgent = route('GET', '/agents/{agent}', 'One agent', {
  scope: 'read',
  params: ofAgent,
  answer: json(agent),
});

export const changeAgent = route(
  'PATCH',
  '/agents/{agent}',
  'Set the owner, the model, the name in From, what it may reach, to whom it may write, which mails share a session; pause it',
  {
    description:
      'What is not named stays. `model` and `session_scope` are written to config.json; they and `egress` count from the next turn on. null for the model = the default; null for the display name = the name of the agent. `egress` is `none`, `public`, or hosts with commas between. `outbound` says to whom it may write without asking: `known` (who wrote to it, its owner, its allowed senders), `ask` (nobody: each mail waits for approval), `anyone`, which only admins may set, since a server that sends to strangers answers for it; it holds at once. While an agent is `paused`, its mail is taken and waits, commands too, and a turn that runs goes on to its end. `config_etag`, of the settings in force: nothing is changed where config.json has changed since. Only admins may give an agent to another `owner`, who takes the place of the one before on the list of those who may write, sees everything that there is of the agent, and pays from then on; `warnings` say what stays as it was.',
    scope: 'write',
    params: ofAgent,
    body: jsonBody(
      v.strictObject({
        owner: v.optional(address),
        model: v.optional(v.nullable(model)),
        display_name: v.optional(v.nullable(v.string('a name such as Scout of Example Ltd.'))),
        egress: v.optional(line(10_000, 'none, public, or hosts with commas between')),
        session_scope: v.optional(v.picklist(SESSION_SCOPES, 'agent, sender or thread')),
        outbound: v.optional(v.picklist(OUTBOUND_POLICIES, 'known, ask or anyone')),
        paused: v.optional(v.boolean('true or false')),
        config_etag: v.optional(line(60, 'the config_etag of the settings')),
      }),
    ),
    answer: json(agent),
    errors: ['not_permitted', 'precondition_failed'],
  },
);

export const getAgentSettings = route(
  'GET',
  '/agents/{agent}/settings',
  'What is in force for an agent, where it comes from, and what a turn costs at each model',
  {
    description: 'Costs are of at most the last 20 turns of this agent at the model that came to a good end.',
    scope: 'read',
    params: ofAgent,
    answer: json(agentSettings),
  },
);

export const deleteAgent = route('DELETE', '/agents/{agent}', "Take the agent's address away", {
  description: 'It takes no more mail. Its folder, mails, runs and deliveries stay on record.',
  scope: 'write',
  params: ofAgent,
  answer: noContent,
});
