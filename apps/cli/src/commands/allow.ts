/** `tinyfat allow add|remove NAME ENTRY`, `tinyfat allow list NAME`. */
import { parseAllowEntry } from '@tinyfat/core';
import { addAllowedSender, allowedSenders, removeAllowedSender } from '@tinyfat/database';
import { type Command, printRows, readWords, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

/** Changes or shows who may write to an agent. */
export const allowCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, name, text] = positionals;
  const complete = action === 'list' ? name !== undefined : text !== undefined;
  if (!complete || name === undefined || !['add', 'remove', 'list'].includes(action ?? '')) {
    throw new UsageError('write: allow add|remove NAME ADDR|@DOMAIN|@*.DOMAIN, or allow list NAME');
  }
  return await withData(config, async (data) => {
    const agent = await namedAgent(data, name);
    if (!agent) return 1;
    if (action === 'list') {
      const entries = await allowedSenders(data.db, agent.id);
      printRows(
        entries.map((entry) => ({ entry })),
        values.json === true,
        'Nobody may write to this agent.',
      );
      return 0;
    }
    const parsed = parseAllowEntry(text ?? '');
    if (!parsed.ok) throw new UsageError(parsed.reason);
    const entry = parsed.entry.text;
    if (action === 'add') {
      if (parsed.warning) console.error(`Warning: ${parsed.warning}`);
      const added = await addAllowedSender(data.db, agent.id, entry, Date.now());
      console.log(added ? `${entry} may write to ${agent.name}.` : `${entry} was on the list already.`);
      return 0;
    }
    const removed = await removeAllowedSender(data.db, agent.id, entry);
    if (removed) console.log(`${entry} may no longer write to ${agent.name}.`);
    else console.error(`tinyfat: ${entry} is not on the list; see: tinyfat allow list ${agent.name}`);
    return removed ? 0 : 1;
  });
};
