/** `tinyfat agent create|list|show|delete`. */
import { randomBytes } from 'node:crypto';
import {
  agentName,
  canonicalAddress,
  newId,
  parseAllowEntry,
  renderError,
  resolveModel,
} from '@tinyfat/core';
import { agentTotals, allowedSenders, insertAgent, listAgents, markAgentDeleted } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { firstFiles } from '../first-files.ts';
import { readModels } from '../server/models.ts';
import { programPaths } from '../server/program.ts';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

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
  const [wanted] = positionals;
  if (positionals.length !== 1 || wanted === undefined || values.owner === undefined) {
    throw new UsageError(
      'write: agent create NAME --owner ADDR [--allow ADDR|@DOMAIN|@*.DOMAIN]... [--model M]',
    );
  }
  const name = agentName(wanted);
  if (!name.ok) throw new UsageError(name.reason);
  const owner = canonicalAddress(values.owner);
  if (!owner.ok) throw new UsageError(`--owner: ${owner.reason}`);
  const entries: string[] = [];
  for (const text of values.allow ?? []) {
    const parsed = parseAllowEntry(text);
    if (!parsed.ok) throw new UsageError(`--allow ${text}: ${parsed.reason}`);
    if (parsed.warning) console.error(`Warning: ${parsed.warning}`);
    entries.push(parsed.entry.text);
  }
  if (values.model !== undefined) {
    const model = resolveModel(values.model, readModels(programPaths.models));
    if (!model.ok) throw new UsageError(`--model: ${model.reason}`);
  }
  return await withData(config, async (data) => {
    const id = newId(Date.now, randomBytes);
    const address = `${name.name}@${config.mailDomain}`;
    // The folder first: an agent that can be written to always has one.
    await data.folders.create(
      id,
      firstFiles({ name: name.name, address, owner: owner.address, model: values.model }),
    );
    const agent = { id, name: name.name, owner: owner.address, created_at: Date.now() };
    if (!(await insertAgent(data.db, agent, entries))) {
      await data.folders.remove(id);
      console.error(`tinyfat: ${renderError('agent_name_taken')}`);
      return 1;
    }
    console.log(`${address} is there. ${owner.address} may write to it.`);
    return 0;
  });
}

async function list(words: string[], config: Config): Promise<number> {
  const { values } = readWords(words, { json: { type: 'boolean' } });
  return await withData(config, async ({ db }) => {
    const rows = [];
    for (const agent of await listAgents(db)) {
      const totals = await agentTotals(db, agent.id);
      rows.push({
        address: `${agent.name}@${config.mailDomain}`,
        owner: agent.owner,
        turns: totals.turns,
        cost_usd: Number(totals.costUsd.toFixed(6)),
        created: time(agent.created_at),
      });
    }
    printRows(
      rows,
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
  return await withData(config, async (data) => {
    const agent = await namedAgent(data, name);
    if (!agent) return 1;
    const totals = await agentTotals(data.db, agent.id);
    const shown = {
      address: `${agent.name}@${config.mailDomain}`,
      id: agent.id,
      owner: agent.owner,
      allowed: await allowedSenders(data.db, agent.id),
      folder: `${data.paths.agents}/${agent.id}`,
      turns: totals.turns,
      cost_usd: totals.costUsd,
    };
    if (values.json) console.log(JSON.stringify(shown, null, 2));
    else
      for (const [key, value] of Object.entries(shown))
        console.log(`${key.padEnd(9)} ${[value].flat().join(', ')}`);
    return 0;
  });
}

async function remove(words: string[], config: Config): Promise<number> {
  const { positionals } = readWords(words, {});
  const [name] = positionals;
  if (name === undefined) throw new UsageError('write: agent delete NAME');
  return await withData(config, async (data) => {
    const agent = await namedAgent(data, name);
    if (!agent) return 1;
    await markAgentDeleted(data.db, agent.id, Date.now());
    console.log(
      `${agent.name}@${config.mailDomain} takes no more mail. Its folder stays: ${data.paths.agents}/${agent.id}`,
    );
    return 0;
  });
}
