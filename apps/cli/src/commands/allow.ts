/** `tinyfat allow add|remove NAME ENTRY`, `tinyfat allow list NAME`. */
import { parseAllowEntry } from '@tinyfat/core';
import { senderRoutes } from '@tinyfat/platform';
import type { ApiClient } from '../client/api-client.ts';
import { notFound, withApi } from '../client/open-api.ts';
import { type Command, printable, printRows, readWords, UsageError } from './command.ts';
import { unknownAgent } from './named-agent.ts';

/** Changes or shows who may write to an agent. */
export const allowCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, name, text] = positionals;
  const complete = action === 'list' ? name !== undefined : text !== undefined;
  if (!complete || name === undefined || !['add', 'remove', 'list'].includes(action ?? '')) {
    throw new UsageError('write: allow add|remove NAME ADDR|@DOMAIN|@*.DOMAIN, or allow list NAME');
  }
  const agent = name.toLowerCase();
  return await withApi(config, async (api) => {
    if (action === 'list') return await list(api, agent, values.json === true);
    return action === 'add' ? await add(api, agent, text ?? '') : await remove(api, agent, text ?? '');
  });
};

async function list(api: ApiClient, agent: string, json: boolean): Promise<number> {
  const listed = await api.call(senderRoutes.listAllowedSenders, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  const entries = listed.body.data.map(({ entry }) => entry).sort();
  printRows(
    entries.map((entry) => ({ entry })),
    json,
    'Nobody may write to this agent.',
  );
  return 0;
}

async function add(api: ApiClient, agent: string, text: string): Promise<number> {
  const answer = await api.call(senderRoutes.addSender, { params: { agent }, body: { entry: text } });
  if (!answer.ok) return unknownAgent(answer, agent);
  const { entry, added, warning } = answer.body;
  if (warning !== null) console.error(`Warning: ${printable(warning)}`);
  console.log(printable(added ? `${entry} may write to ${agent}.` : `${entry} was on the list already.`));
  return 0;
}

async function remove(api: ApiClient, agent: string, text: string): Promise<number> {
  const parsed = parseAllowEntry(text);
  if (!parsed.ok) throw new UsageError(parsed.reason);
  const entry = parsed.entry.text;
  const gone = await api.call(senderRoutes.removeSender, { params: { agent, entry } });
  if (gone.ok) {
    console.log(printable(`${entry} may no longer write to ${agent}.`));
    return 0;
  }
  const listed = await api.call(senderRoutes.listAllowedSenders, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  return notFound(gone, `${entry} is not on the list; see: tinyfat allow list ${agent}`);
}
