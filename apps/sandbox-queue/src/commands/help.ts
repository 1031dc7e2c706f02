/** `/help`: what can be written to an agent. */
import { agentAddress } from '../consumer.ts';
import type { CommandAnswer, CommandContext } from './context.ts';
import { inlineText } from './format.ts';

const COMMANDS = `Commands, alone in the subject or in the first line of your mail:

- \`/clear\` — begin a new session with the next mail
- \`/resume\` — list the sessions; \`/resume HASH\` goes on with one
- \`/model\` — show the models; \`/model NAME\` chooses one
- \`/compact\` — shorten the session; \`/compact FOCUS\` says what to keep
- \`/status\` — model, session, context and cost
- \`/help\` — this list

Anything else you write is for the agent.`;

export function help({ ports, work }: CommandContext, unknown: string | null): CommandAnswer {
  const first =
    unknown === null
      ? `This is ${agentAddress(ports, work.agent)}.`
      : `\`/${inlineText(unknown)}\` is no command; nothing was done.`;
  return { text: `${first}\n\n${COMMANDS}` };
}
