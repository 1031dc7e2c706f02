/** `tinyfat allow add|remove NAME ENTRY`, `tinyfat allow list NAME`: who may write to an agent. */
import { parseAllowEntry } from '@tinyfat/core';
import { senderRoutes } from '@tinyfat/platform';
import { notFound, overApi } from '../client/open-api.ts';
import { UsageError } from '../command.ts';
import { printTable } from '../output/table.ts';
import { printable } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';

/** Lists the entries in order. */
export const listSenders = overApi<[string], { json: boolean }>(async (api, { words: [name], options }) => {
  const agent = name.toLowerCase();
  const listed = await api.call(senderRoutes.listAllowedSenders, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  printTable(
    listed.body.data.map(({ entry }) => ({ entry })).sort((a, b) => (a.entry < b.entry ? -1 : 1)),
    {
      columns: [{ head: 'entry', cell: ({ entry }) => entry }],
      empty: 'Nobody may write to this agent.',
    },
    options.json,
  );
  return 0;
});

/** Adds an entry; says so where it was there. */
export const addSender = overApi<[string, string]>(async (api, { words: [name, text] }) => {
  const agent = name.toLowerCase();
  const answer = await api.call(senderRoutes.addSender, { params: { agent }, body: { entry: text } });
  if (!answer.ok) return unknownAgent(answer, agent);
  const { entry, added, warning } = answer.body;
  if (warning !== null) console.error(`Warning: ${printable(warning)}`);
  console.log(printable(added ? `${entry} may write to ${agent}.` : `${entry} was on the list already.`));
  return 0;
});

/** Takes an entry off the list. */
export const removeSender = overApi<[string, string]>(async (api, { words: [name, text] }) => {
  const agent = name.toLowerCase();
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
});
