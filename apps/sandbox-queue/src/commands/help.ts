/** `/help`: what can be written to an agent; also the answer to a word that is no command. */
import type { COMMAND_WORDS, Command } from '@tinyfat/core';
import type { LetterBlock } from '@tinyfat/mail';
import { agentAddress } from '../consumer.ts';
import type { CommandAnswer, CommandContext } from './context.ts';
import { shortLine } from './format.ts';

const MEANINGS: Record<(typeof COMMAND_WORDS)[number], string> = {
  clear: 'begins a new session with the next mail',
  resume: 'lists the sessions; with the HASH of one behind it, goes on there',
  model: 'shows the models; with a NAME behind it, chooses one',
  compact: 'shortens the session; with a FOCUS behind it, says what to keep',
  status: 'tells model, session, context and cost',
  help: 'shows this list',
};

const LIST: LetterBlock[] = [
  {
    kind: 'rows',
    rows: Object.entries(MEANINGS).map(([word, meaning]) => ({
      label: { code: `/${word}` },
      text: [meaning],
    })),
  },
  {
    kind: 'text',
    quiet: true,
    text: [
      'A command stands alone in the subject or in the first line of your mail. Anything else you write is for the agent.',
    ],
  },
];

export function help(
  { deps, work }: CommandContext,
  { unknown, meant }: Extract<Command, { name: 'help' }>,
): CommandAnswer {
  if (unknown === null) {
    const text = [`What you can write to ${agentAddress(deps, work.agent)} besides mail:`];
    return { letter: { heading: 'Commands', blocks: [{ kind: 'text', text }, ...LIST] } };
  }
  const word = { code: `/${shortLine(unknown)}` };
  const near = meant === null ? [] : [' Did you mean ', { code: shortLine(meant) }, '?'];
  const text = [word, ' is none, so nothing was done.', ...near];
  return { letter: { heading: 'There is no such command', blocks: [{ kind: 'text', text }, ...LIST] } };
}
