import { memoryLine, readFindings } from './bash-commands.ts';
import type { Wish } from './find-wish.ts';
import type { Conversation, ToolOutput } from './read-conversation.ts';

/** Where the answer comes from, said in every answer. */
export const DEMO_NOTICE =
  "*This answer comes from tinyfat's built-in demo model, which only follows a few simple rules. " +
  'Set `ANTHROPIC_API_KEY` and restart tinyfat to get answers from a real one.*';

/** The final text of a turn in Markdown. `output` is what the tool gave; null when there was no tool to call. */
export function writeAnswer(conversation: Conversation, wish: Wish, output: ToolOutput | null): string {
  const greeting = conversation.senderName === '' ? 'Hello,' : `Hello ${conversation.senderName},`;
  const parts = [greeting, ...quoteOfMail(conversation), ...outcome(conversation, wish, output), DEMO_NOTICE];
  return parts.join('\n\n');
}

/** What stands for a summary: honestly only the end of the text, quoted so that nothing in it acts as a mail. */
export function writeSummary(text: string): string {
  const end = Array.from(text.slice(-8_000)).slice(-3_000).join('').trim();
  return `tinyfat's built-in demo model cannot summarise. The end of what it was given:\n\n${quote(end)}`;
}

function quoteOfMail({ mailText, subject }: Conversation): string[] {
  const about = subject === '' ? '' : ` about ${code(subject)}`;
  if (mailText === '') return [`your mail${about} had no text.`];
  return [`you wrote${about}:`, quote(shortened(mailText, 280))];
}

function outcome(conversation: Conversation, wish: Wish, output: ToolOutput | null): string[] {
  if (output === null) return ['I was offered no `bash` tool in this turn, so I could not look around.'];
  if (output.isError) return ['I ran a `bash` command, but it failed:', quote(shortened(output.text, 600))];
  switch (wish.kind) {
    case 'remember':
      return output.text.split('\n').includes(memoryLine(wish.note))
        ? ['I wrote this into my `MEMORY.md`, where every later turn finds it:', quote(memoryLine(wish.note))]
        : ['I tried to write that into my `MEMORY.md`, but the line is not there afterwards.'];
    case 'recall':
      return [...whatIKnow(output.text), ...whatYouWrote(conversation.earlierMails)];
    case 'look':
      return whatIFound(output.text);
  }
}

function whatIFound(output: string): string[] {
  const { attachments, folder, memory } = readFindings(output);
  const parts = [
    attachments.length === 0
      ? 'Your mail came without attachments.'
      : `Your mail came with ${count(attachments, 'attachment')}: ${attachments.map(code).join(', ')}.`,
    folder.length === 0
      ? 'My folder `/data` is empty.'
      : `My folder \`/data\` holds ${count(folder, 'entry', 'entries')}: ${folder.map(code).join(', ')}.`,
  ];
  return memory.length === 0
    ? parts
    : [...parts, 'My `MEMORY.md` begins like this:', quote(shortened(memory.join('\n'), 500))];
}

function whatIKnow(memory: string): string[] {
  if (memory.trim() === '') return ['My `MEMORY.md` is empty.'];
  const notes = memory.split(/^#+ *Notes\b.*$/im).at(-1) ?? memory;
  return notes.trim() === ''
    ? ['There are no notes in my `MEMORY.md` yet.']
    : ['This is in my `MEMORY.md`:', quote(shortened(notes.trim(), 2_000))];
}

function whatYouWrote(earlierMails: string[]): string[] {
  const latest = earlierMails.slice(-5);
  if (latest.length === 0) return ['This is the first mail of our conversation.'];
  const lines = latest.map((mail) => `- ${code(shortened(mail.replace(/\s+/g, ' '), 120))}`);
  return ['Earlier in this conversation you wrote:', lines.join('\n')];
}

function shortened(text: string, length: number): string {
  const characters = Array.from(text.trim());
  return characters.length <= length ? text.trim() : `${characters.slice(0, length).join('').trimEnd()} …`;
}

function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}

/** A code span: what stands in it is no Markdown. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

function count(list: string[], one: string, many = `${one}s`): string {
  return `${list.length} ${list.length === 1 ? one : many}`;
}
