/** `tinyfat agent create|list|show|delete`. */
import { renderError } from '@tinyfat/core';
import { agentRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { refused, withApi } from '../client/open-api.ts';
import type { Run } from '../command-line/spec.ts';
import { printFacts } from '../output/facts.ts';
import { printTable } from '../output/table.ts';
import { printable, printJson, time } from '../output/text.ts';
import { namedAgent } from './named-agent.ts';

interface CreateOptions {
  owner: string | undefined;
  allow: string[];
  model: string | undefined;
}

/** Makes an agent. With a token it is the token's owner's, unless another is named. */
export const createAgent: Run<[string], CreateOptions> = async ({ words: [name], options }, config) =>
  await withApi(config, async (api) => {
    const made = await api.call(agentRoutes.createAgent, { body: { name, ...options } });
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

/** Lists agents by name. */
export const listAgents: Run<[], { json: boolean }> = async ({ options }, config) =>
  await withApi(config, async (api) => {
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
export const showAgent: Run<[string], { json: boolean }> = async ({ words: [name], options }, config) =>
  await withApi(config, async (api) => {
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
    if (options.json) printJson(shown);
    else
      printFacts(
        Object.entries(shown).map(([key, value]): [string, string] => [key, [value].flat().join(', ')]),
      );
    return 0;
  });

/** Takes the address of an agent away. */
export const deleteAgent: Run<[string]> = async ({ words: [name] }, config) =>
  await withApi(config, async (api) => {
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
