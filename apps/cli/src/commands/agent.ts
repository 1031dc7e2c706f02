/** `tinyfat agent create|list|show|set|delete`. */
import { byteSize, OUTBOUND_POLICIES, parseAllowEntry, renderError } from '@tinyfat/core';
import { agentRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { overApi, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { confirm, isTerminal } from '../input/confirm.ts';
import { printFacts } from '../output/facts.ts';
import { printTable } from '../output/table.ts';
import { printable, printJson, time } from '../output/text.ts';
import { type Agent, namedAgent } from './named-agent.ts';

/** As a model: the operator's default. */
const DEFAULT_MODEL = 'default';
/** What null means for a setting. */
const NOT_SET: Readonly<Record<string, string>> = { model: DEFAULT_MODEL, display_name: '(its name)' };

interface CreateOptions {
  owner: string | undefined;
  allow: string[];
  model: string | undefined;
}

/** Makes an agent. With a token it is the token's owner's, unless another is named. */
export const createAgent = overApi<[string], CreateOptions>(async (api, { words: [name], options }) => {
  const made = await api.call(agentRoutes.createAgent, { body: { name, ...options } });
  if (!made.ok) {
    if (made.code !== 'agent_name_taken') return refused(made);
    console.error(`tinyfat: ${renderError('agent_name_taken')}`);
    return 1;
  }
  const { address, owner, allowed_senders: entries, warnings } = made.body;
  printWarnings(warnings);
  console.log(printable(`${address} is there. Who may write to it: ${whoMayWrite(owner, entries)}.`));
  return 0;
});

/** `ann@example.org, everybody at example.org and everybody below example.org`; the owner first, each once. */
function whoMayWrite(owner: string, entries: readonly string[]): string {
  const all = [...new Set([owner, ...entries])].map(inWords);
  const last = all.pop() ?? '';
  return all.length === 0 ? last : `${all.join(', ')} and ${last}`;
}

function inWords(text: string): string {
  const parsed = parseAllowEntry(text);
  if (!parsed.ok || parsed.entry.kind === 'address') return text;
  const { kind, domain } = parsed.entry;
  return kind === 'domain' ? `everybody at ${domain}` : `everybody below ${domain}`;
}

interface SetOptions {
  owner: string | undefined;
  model: string | undefined;
  'display-name': string | undefined;
  egress: string | undefined;
  outbound: string | undefined;
}

/** Changes what is named, and shows it as it is then. */
export const setAgent: Run<[string], SetOptions> = async ({ words: [name], options }, config) => {
  const { owner, model, 'display-name': displayName, egress } = options;
  const outbound = OUTBOUND_POLICIES.find((one) => one === options.outbound);
  if (options.outbound !== undefined && outbound === undefined) {
    throw new UsageError(`--outbound: Write ${OUTBOUND_POLICIES.join(', ')}.`);
  }
  const body = {
    ...(owner === undefined ? {} : { owner }),
    ...(model === undefined ? {} : { model: model === DEFAULT_MODEL ? null : model }),
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(egress === undefined ? {} : { egress }),
    ...(outbound === undefined ? {} : { outbound }),
  };
  if (Object.keys(body).length === 0) {
    throw new UsageError(
      'name what is to be changed: --owner, --model, --display-name, --egress or --outbound',
    );
  }
  return await withApi(config, async (api) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const changed = await api.call(agentRoutes.changeAgent, { params: { agent: agent.name }, body });
    if (!changed.ok) return refused(changed);
    printWarnings(changed.body.warnings);
    const settings = Object.entries(settingsOf(changed.body)).filter(([key]) => key in body);
    printFacts([['address', changed.body.address], ...settings.map(factOf)]);
    return 0;
  });
};

/** Lists agents by name. */
export const listAgents = overApi<[], { json: boolean }>(async (api, { options }) => {
  const agents = await listAll((query) => api.call(agentRoutes.listAgents, { query }));
  if (!agents.ok) return refused(agents);
  printTable(
    agents.body.sort((a, b) => (a.name < b.name ? -1 : 1)),
    {
      columns: [
        { head: 'address', cell: ({ address }) => address, least: 32 },
        { head: 'owner', cell: ({ owner }) => owner, least: 8 },
        { head: 'turns', cell: ({ turns }) => turns },
        { head: 'cost', cell: ({ cost_usd: cost }) => `$${cost.toFixed(4)}` },
        { head: 'created', cell: ({ created_at: at }) => time(at) },
      ],
      json: ({ address, owner, turns, cost_usd, created_at: created }) => ({
        address,
        owner,
        turns,
        cost_usd: Number(cost_usd.toFixed(6)),
        created,
      }),
      empty: 'No agents yet. Make one: tinyfat agent create NAME --owner you@example.com',
    },
    options.json,
  );
  return 0;
});

/** Shows an agent. */
export const showAgent = overApi<[string], { json: boolean }>(async (api, { words: [name], options }) => {
  const agent = await namedAgent(api, name);
  if (!agent) return 1;
  const folder = api.agentFolder(agent.id);
  const { bytes: held, quota_bytes: quota } = agent.folder;
  const shown = {
    address: agent.address,
    id: agent.id,
    ...settingsOf(agent),
    paused_since: agent.paused_at,
    mails_paused: agent.mails_paused,
    allowed: agent.allowed_senders,
    ...(folder === null ? {} : { folder }),
    folder_bytes: held,
    folder_quota_bytes: quota,
    turns: agent.turns,
    cost_usd: agent.cost_usd,
  };
  if (options.json) {
    printJson(shown);
  } else {
    const {
      folder_bytes: _,
      folder_quota_bytes: __,
      paused_since: since,
      mails_paused: waiting,
      ...others
    } = shown;
    const paused = since === null ? {} : { paused: `since ${time(since)}; mails that wait: ${waiting}` };
    printFacts(Object.entries({ ...others, ...paused, holds: holdsText(held, quota) }).map(factOf));
  }
  return 0;
});

function holdsText(held: number | null, quota: number): string {
  return `${held === null ? 'not measured yet' : byteSize(held)}, of ${byteSize(quota)} at most`;
}

function settingsOf({ owner, model, display_name, egress, outbound }: Agent) {
  return { owner, model, display_name, egress, outbound };
}

function factOf([key, value]: [string, string | number | null | string[]]): [string, string] {
  return [key.replace('_', ' '), value === null ? (NOT_SET[key] ?? '-') : [value].flat().join(', ')];
}

function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) console.error(`Warning: ${printable(warning)}`);
}

/** Deletes an agent, after a person at the terminal has confirmed it, or with `--yes`. */
export const deleteAgent: Run<[string], { yes: boolean }> = async ({ words: [name], options }, config) => {
  const terminal = { input: process.stdin, output: process.stderr };
  if (!options.yes && !isTerminal(terminal)) {
    throw new UsageError('it asks before it deletes, and there is no terminal to ask at: add --yes');
  }
  return await withApi(config, async (api) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const folder = api.agentFolder(agent.id);
    const stays = `Its folder${folder === null ? '' : ` (${folder})`}, its mails, its runs and what it sent stay.`;
    if (!options.yes) {
      const question = `${agent.address} would take no more mail.\n${stays}\nDelete it? Type ${agent.name}, or y: `;
      if (!(await confirm(terminal, printableLines(question), [agent.name, 'y', 'yes']))) {
        console.error('Nothing was deleted.');
        return 1;
      }
    }
    const gone = await api.call(agentRoutes.deleteAgent, { params: { agent: agent.name } });
    if (!gone.ok) return refused(gone);
    console.log(printable(`${agent.address} takes no more mail. ${stays}`));
    return 0;
  });
};

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
