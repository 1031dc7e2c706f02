/** `tinyfat agent create|list|show|delete`. */
import { renderError } from '@tinyfat/core';
import { agentRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { refused, withApi } from '../client/open-api.ts';
import type { Config } from '../config.ts';
import { type Command, printable, printJson, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent } from './named-agent.ts';

const CREATE = 'write: agent create NAME --owner ADDR [--allow ADDR|@DOMAIN|@*.DOMAIN]... [--model M]';

/** `agent create NAME --owner ADDR [--allow ENTRY]... [--model M]`, `agent list`, `agent show NAME`, `agent delete NAME`. */
export const agentCommand: Command = async (words, config) => {
  const [action, ...rest] = words;
  switch (action) {
    case 'create':
      return await create(rest, config);
    case 'list':
      return await list(rest, config);
    case 'show':
      return await show(rest, config);
    case 'delete':
      return await remove(rest, config);
    default:
      throw new UsageError(
        'write: agent create NAME --owner ADDR, agent list, agent show NAME or agent delete NAME',
      );
  }
};

async function create(words: string[], config: Config): Promise<number> {
  const { values, positionals } = readWords(words, {
    owner: { type: 'string' },
    allow: { type: 'string', multiple: true },
    model: { type: 'string' },
  });
  const [name, ...more] = positionals;
  // With a token the agent is the token's owner's, unless another is named.
  const isOwned = values.owner !== undefined || config.client.server !== null;
  if (name === undefined || more.length > 0 || !isOwned) throw new UsageError(CREATE);
  return await withApi(config, async (api) => {
    const made = await api.call(agentRoutes.createAgent, { body: { name, ...values } });
    if (!made.ok) {
      if (made.code !== 'agent_name_taken') return refused(made);
      console.error(`tinyfat: ${renderError('agent_name_taken')}`);
      return 1;
    }
    const { address, owner, warnings } = made.body;
    for (const warning of warnings) console.error(`Warning: ${printable(warning)}`);
    console.log(printable(`${address} is there. ${owner} may write to it.`));
    return 0;
  });
}

async function list(words: string[], config: Config): Promise<number> {
  const { values } = readWords(words, { json: { type: 'boolean' } });
  return await withApi(config, async (api) => {
    const agents = await listAll((query) => api.call(agentRoutes.listAgents, { query }));
    if (!agents.ok) return refused(agents);
    const byName = agents.body.sort((a, b) => (a.name < b.name ? -1 : 1));
    printRows(
      byName.map(({ address, owner, turns, cost_usd, created_at }) => ({
        address,
        owner,
        turns,
        cost_usd: Number(cost_usd.toFixed(6)),
        created: time(created_at),
      })),
      values.json === true,
      'No agents yet. Make one: tinyfat agent create NAME --owner you@example.com',
    );
    return 0;
  });
}

async function show(words: string[], config: Config): Promise<number> {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [name] = positionals;
  if (name === undefined) throw new UsageError('write: agent show NAME');
  return await withApi(config, async (api) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const folder = api.agentFolder(agent.id);
    const shown = {
      address: agent.address,
      id: agent.id,
      owner: agent.owner,
      allowed: agent.allowed_senders,
      ...(folder === null ? {} : { folder }),
      turns: agent.turns,
      cost_usd: agent.cost_usd,
    };
    if (values.json) printJson(shown);
    else
      for (const [key, value] of Object.entries(shown))
        console.log(printable(`${key.padEnd(9)} ${[value].flat().join(', ')}`));
    return 0;
  });
}

async function remove(words: string[], config: Config): Promise<number> {
  const { positionals } = readWords(words, {});
  const [name] = positionals;
  if (name === undefined) throw new UsageError('write: agent delete NAME');
  return await withApi(config, async (api) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const gone = await api.call(agentRoutes.deleteAgent, { params: { agent: agent.name } });
    if (!gone.ok) return refused(gone);
    const folder = api.agentFolder(agent.id);
    console.log(
      printable(
        `${agent.address} takes no more mail. Its folder stays${folder === null ? ' on the server.' : `: ${folder}`}`,
      ),
    );
    return 0;
  });
}
