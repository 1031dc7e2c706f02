/** `/model`: which model answers, and which there are; `/model NAME`: another one from the next turn on. */
import { changeAgentConfig, MODEL_ALIASES, newestOfFamily, resolveModel } from '@tinyfat/core';
import { editFiles } from '@tinyfat/database';
import type { LetterBlock, LetterText } from '@tinyfat/mail';
import { agentModel, readConfig } from '../job/agent-setup.ts';
import type { CommandAnswer, CommandContext } from './context.ts';
import { shortLine } from './format.ts';

export async function model(context: CommandContext, wanted: string | null): Promise<CommandAnswer> {
  const { deps, work, config } = context;
  const current = agentModel(deps, config).model;
  if (wanted === null) {
    const text = [{ code: current.id }, ` (${current.name}) answers.`];
    return { letter: { heading: 'The model', blocks: [{ kind: 'text', text }, ...available(context)] } };
  }
  const chosen = resolveModel(wanted, deps.models);
  if (!chosen.ok) {
    const near = chosen.meant === null ? [] : [' Did you mean ', { code: `/model ${chosen.meant}` }, '?'];
    const text: LetterText[] = [
      ...[{ code: shortLine(wanted) }, ' is none, so '],
      ...[{ code: current.id }, ' goes on answering.', ...near],
    ];
    const blocks: LetterBlock[] = [{ kind: 'text', text }, ...available(context)];
    return { letter: { heading: 'There is no model of that name', blocks } };
  }
  const { id } = work.agent;
  await editFiles(deps.db, id, async () => {
    const { text } = await readConfig(deps, id);
    const changed = changeAgentConfig(text, { model: wanted.trim().toLowerCase() });
    await deps.folders.write(id, 'config.json', changed);
  });
  const text = [{ code: chosen.model.id }, ` (${chosen.model.name}) answers from your next mail on.`];
  return { letter: { heading: 'Another model', blocks: [{ kind: 'text', text }] } };
}

function available({ deps }: CommandContext): LetterBlock[] {
  const aliases = MODEL_ALIASES.flatMap((alias) => {
    const newest = newestOfFamily(alias, deps.models);
    return newest ? [{ label: { code: alias }, text: [{ code: newest.id }] }] : [];
  });
  const ids = deps.models.map(({ id }) => id).join(', ');
  return [
    { kind: 'heading', text: 'Short names' },
    { kind: 'rows', rows: aliases },
    { kind: 'heading', text: 'Full names' },
    { kind: 'text', text: [`${ids}.`] },
    { kind: 'text', quiet: true, text: ['Write ', { code: '/model NAME' }, ' to choose one.'] },
  ];
}
