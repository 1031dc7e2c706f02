/**
 * Commands by mail (DESIGN section 5). Only what the sender newly wrote is looked at: the caller passes the new
 * text without what is quoted or forwarded. When in doubt it is no command: the agent reads the mail, nothing is lost.
 */
import { didYouMean, editDistance } from '../text/did-you-mean.ts';
import { stripReplyPrefixes } from '../threading/subject.ts';

/** One command; null where its optional argument is absent. */
export type Command =
  | { name: 'clear' }
  /** `hash` is what the sender wrote, lower case without `#` or brackets; it need not name a session. */
  | { name: 'resume'; hash: string | null }
  | { name: 'model'; model: string | null }
  | { name: 'compact'; focus: string | null }
  | { name: 'status' }
  /**
   * `unknown` is the word after the slash that is no command of ours; `meant` the line that would be one, such as
   * `/model opus`, where a command is near.
   */
  | { name: 'help'; unknown: string | null; meant: string | null };

/** The words that commands begin with, in the order in which they are listed. */
export const COMMAND_WORDS = ['clear', 'resume', 'model', 'compact', 'status', 'help'] as const;

/** Facts of a mail that decide whether a command in it is its sender's. */
interface CommandPlace {
  /** A reader of the mail sees the first line of the new text, in its HTML too where it has any. */
  firstLineSeen: boolean;
  /** The mail quotes what it answers. */
  quotes: boolean;
  /** The mail hands on a message of somebody else, whose subject it may have. */
  forwards: boolean;
}

const ownMail: CommandPlace = { firstLineSeen: true, quotes: false, forwards: false };

const MAX_MODEL_LENGTH = 100;
const MAX_FOCUS_LENGTH = 1000;
/** Beside anything else that was written, a word this far from a command is a mistyped one; further it is text. */
const SURE_EDITS = 1;
const WORD = /^\/([a-z][a-z0-9_-]{0,31})(?:\s+(.*))?$/is;
/** A zero-width mark that some clients put at the start of a line. */
const LEADING_MARKS = /^[\u200b-\u200f\u2060\ufeff\s]+/;

/**
 * The command of a mail, or null when it is for the agent. The first non-empty line of the new text comes
 * first, then the whole subject without reply prefixes. A subject that is itself a reply (`Re: /model opus`)
 * counts only in a mail without any text: who answers in the thread of a command has something to say. The subject
 * of a mail that forwards another one is none, and a line that a reader does not see is none either.
 */
export function findCommand(
  subject: string,
  newText: string,
  { firstLineSeen, quotes, forwards }: CommandPlace = ownMail,
): Command | null {
  const { firstLine, rest } = splitFirstLine(withoutSignature(newText));
  const inText = firstLineSeen ? parseLine(firstLine, rest === '') : null;
  if (inText !== null) return inText;
  if (forwards) return null;
  const { text, replied } = stripReplyPrefixes(subject);
  if (replied && (firstLine !== '' || quotes)) return null;
  return parseLine(text, firstLine === '');
}

/**
 * `alone`: the mail says nothing else, so an unknown word can only be a mistyped command. Beside an argument or a text
 * it counts as one only where a single edit makes it a command that takes that argument: `/usr is full` is text.
 */
function parseLine(line: string, alone: boolean): Command | null {
  const match = WORD.exec(line);
  if (match === null) return null;
  const word = (match[1] ?? '').toLowerCase();
  const argument = (match[2] ?? '').trim();
  if (isCommandWord(word)) return commandOf(word, argument);
  if (alone && argument === '') {
    const near = didYouMean(word, COMMAND_WORDS);
    return { name: 'help', unknown: word, meant: near === null ? null : `/${near}` };
  }
  const near = COMMAND_WORDS.find((known) => editDistance(word, known) <= SURE_EDITS);
  if (near === undefined || (near === 'model' && /\s/.test(argument))) return null;
  if (commandOf(near, argument) === null) return null;
  const meant =
    argument === '' ? `/${near}` : `/${near} ${argument.slice(0, MAX_MODEL_LENGTH).toWellFormed()}`;
  return { name: 'help', unknown: word, meant };
}

function isCommandWord(word: string): word is (typeof COMMAND_WORDS)[number] {
  return COMMAND_WORDS.some((known) => known === word);
}

/** Null where the command does not take the argument. */
function commandOf(word: (typeof COMMAND_WORDS)[number], argument: string): Command | null {
  switch (word) {
    case 'clear':
    case 'status':
      return argument === '' ? { name: word } : null;
    case 'help':
      return argument === '' ? { name: 'help', unknown: null, meant: null } : null;
    case 'resume':
      return resume(argument);
    case 'model':
      return argument.length > MAX_MODEL_LENGTH ? null : { name: 'model', model: argument || null };
    case 'compact':
      return { name: 'compact', focus: argument.slice(0, MAX_FOCUS_LENGTH).toWellFormed() || null };
  }
}

function resume(argument: string): Command | null {
  if (argument === '') return { name: 'resume', hash: null };
  const hash = /^[[(]?#?([a-z0-9-]{1,36})[\])]?$/i.exec(argument)?.[1];
  return hash === undefined ? null : { name: 'resume', hash: hash.toLowerCase() };
}

function splitFirstLine(text: string): { firstLine: string; rest: string } {
  const start = text.replace(LEADING_MARKS, '');
  const end = /\r\n?|\n/.exec(start);
  if (end === null) return { firstLine: start.trim(), rest: '' };
  return { firstLine: start.slice(0, end.index).trim(), rest: start.slice(end.index).trim() };
}

/** Drops what follows the signature line of RFC 3676 section 4.3 (`-- `, also without its blank). */
function withoutSignature(text: string): string {
  const signature = /(?:^|\n)-- ?\r?(?:\n|$)/.exec(text);
  return signature === null ? text : text.slice(0, signature.index);
}
