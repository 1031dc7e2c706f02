/** `/model`: which model answers, and which there are; `/model NAME`: another one from the next turn on. */
import { changeAgentConfig, MODEL_ALIASES, newestOfFamily, resolveModel } from '@tinyfat/core';
import { agentModel } from '../agent-setup.ts';
import type { CommandAnswer, CommandContext } from './context.ts';

export async function model(context: CommandContext, wanted: string | null): Promise<CommandAnswer> {
  const { ports, work, config, configText } = context;
  const current = agentModel(ports, config).model;
  if (wanted === null) {
    return { text: `The model is \`${current.id}\` (${current.name}).\n\n${available(context)}` };
  }
  const chosen = resolveModel(wanted, ports.models);
  if (!chosen.ok) {
    return { text: `There is no model of that name; it stays \`${current.id}\`.\n\n${available(context)}` };
  }
  await ports.folders.write(
    work.agent.id,
    'config.json',
    changeAgentConfig(configText, { model: wanted.trim().toLowerCase() }),
  );
  return { text: `From the next mail on, \`${chosen.model.id}\` (${chosen.model.name}) answers.` };
}

function available({ ports }: CommandContext): string {
  const aliases = MODEL_ALIASES.flatMap((alias) => {
    const newest = newestOfFamily(alias, ports.models);
    return newest ? [`- \`${alias}\` = \`${newest.id}\``] : [];
  });
  const ids = ports.models.map(({ id }) => `\`${id}\``).join(', ');
  return `Short names:\n\n${aliases.join('\n')}\n\nFull names: ${ids}.\n\nWrite \`/model NAME\` to change it.`;
}
