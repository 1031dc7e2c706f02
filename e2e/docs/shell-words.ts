/** The commands of a shell script as words: enough of the grammar for what stands in documentation. */

/** One simple command: `A=1 tinyfat runs >out` has the words `tinyfat runs`. */
export interface ShellCommand {
  words: string[];
  /** Names that are set, before the command or instead of one. */
  assigns: string[];
}

const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{']);
const ENDS = /^(?:\|\||&&|;;|[|&;()\n])/;

/**
 * Reads a script. Quotes are taken away, `$x` stays; comments, redirections and the text of here-documents are left
 * out; commands in `$(…)` are commands like others.
 */
export function shellCommands(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let word: string | null = null;
  let isTarget = false;
  const documents: string[] = [];
  const endWord = () => {
    if (word !== null && !isTarget) words.push(word);
    if (word !== null) isTarget = false;
    word = null;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(splitAssignments(words));
    words = [];
  };
  let rest = script;
  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  while (rest !== '') {
    const here = /^<<-?\s*(['"]?)(\w+)\1/.exec(rest);
    const redirection = /^\d*(?:>>|>&|>|<)(?!<)/.exec(rest);
    const end = ENDS.exec(rest)?.[0];
    if (rest.startsWith('\\\n')) take(2);
    else if (rest.startsWith("'")) {
      take(1);
      word = (word ?? '') + take(rest.indexOf("'"));
      take(1);
    } else if (rest.startsWith('"')) {
      const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(rest);
      take(quoted?.[0].length ?? 1);
      commands.push(...substitutions(quoted?.[1] ?? '').flatMap(shellCommands));
      word = (word ?? '') + (quoted?.[1] ?? '').replace(/\\(["\\$`])/g, '$1');
    } else if (here) {
      take(here[0].length);
      documents.push(here[2] ?? '');
    } else if (word === null && redirection) {
      take(redirection[0].length);
      isTarget = true;
    } else if (redirection && !/^\d/.test(redirection[0])) endWord();
    else if (word === null && rest.startsWith('#')) take(rest.search(/\n|$/));
    else if (rest.startsWith('$(')) {
      const inside = take(lengthOfSubstitution(rest));
      commands.push(...shellCommands(inside.slice(2, -1)));
      word = (word ?? '') + inside;
    } else if (end) {
      endCommand();
      take(end.length);
      if (end === '\n') for (const name of documents.splice(0)) take(endOfDocument(rest, name));
    } else if (/^[ \t]/.test(rest)) {
      endWord();
      take(1);
    } else word = (word ?? '') + take(rest.startsWith('\\') ? 2 : 1).replace(/^\\/, '');
  }
  endCommand();
  return commands;
}

/** Of a text that begins with `$(`, up to its end. */
function lengthOfSubstitution(text: string): number {
  let depth = 0;
  let length = 1;
  do {
    if (text[length] === '(') depth++;
    if (text[length] === ')') depth--;
    length++;
  } while (depth > 0 && length < text.length);
  return length;
}

/** What stands in each `$(…)` of a text. */
function substitutions(text: string): string[] {
  const at = text.indexOf('$(');
  if (at < 0) return [];
  const end = at + lengthOfSubstitution(text.slice(at));
  return [text.slice(at + 2, end - 1), ...substitutions(text.slice(end))];
}

function endOfDocument(text: string, name: string): number {
  const end = new RegExp(`^\\t*${name}$\\n?`, 'm').exec(text);
  return end ? end.index + end[0].length : text.length;
}

function splitAssignments(all: readonly string[]): ShellCommand {
  const words = all.slice(all.findIndex((word) => !KEYWORDS.has(word)));
  const left = words[0] === 'export' ? words.slice(1) : [...words];
  const assigns: string[] = [];
  for (;;) {
    const name = /^([A-Za-z_]\w*)=/.exec(left[0] ?? '')?.[1];
    if (name === undefined) break;
    assigns.push(name);
    left.shift();
  }
  return { words: words[0] === 'export' ? [] : left, assigns };
}
