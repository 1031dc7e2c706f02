/**
 * What a command is: a declaration that its parsing, its help, the completion of shells and the documentation's test all
 * read. Declarations load nothing; the code of a command is loaded when it runs.
 */
import type { Config } from '@tinyfat/server/config';

/** An option without a value. */
export interface Switch {
  /** What it does, for the help; one sentence without a full stop. */
  text: string;
}

/** An option with a value, named like `ADDR` in the help. */
export interface Valued {
  text: string;
  value: string;
  /** It may stand more than once. */
  many?: true;
  default?: string;
  /** It must be given; `here`: only where no server is named, whose token says who asks. */
  required?: true | 'here';
  /** All that may be written; what is near is suggested. */
  choices?: readonly string[];
}

export type Options = Readonly<Record<string, Switch | Valued>>;

type OptionValue<O> = O extends Valued
  ? O extends { many: true }
    ? string[]
    : O extends { default: string } | { required: true }
      ? string
      : string | undefined
  : boolean;

type OptionValues<O extends Options> = { -readonly [K in keyof O]: OptionValue<O[K]> };
type WordTexts<Words extends readonly string[]> = {
  -readonly [K in keyof Words]: Words[K] extends `[${string}]` ? string | undefined : string;
};

/** What was typed after the name of a command: its words in order, and its options by name. */
export interface Given<Words extends readonly (string | undefined)[], Values> {
  words: Words;
  options: Values;
}

/** Does what the command says; gives the exit code. Throws a UsageError for words that can't be used. */
export type Run<Words extends readonly (string | undefined)[] = [], Values = unknown> = (
  given: Given<Words, Values>,
  config: Config,
) => Promise<number>;

interface Declared {
  /** What it does, one line without a full stop. */
  summary: string;
  /** What is good to know, in paragraphs. */
  notes?: string;
  /** The forms of its words, where its words and options together don't say them. */
  forms?: readonly string[];
  /** Whole command lines. */
  examples: readonly [string, ...string[]];
  /** Whether it also works over --server; `here`: only on the machine itself. */
  place: 'anywhere' | 'here';
  /** A word too many may be a secret: it is not repeated. */
  hidesWords?: string;
}

/** One command. `words` are its positional words, such as `NAME` or `[NAME]`. */
export interface Command extends Declared {
  words: readonly string[];
  options: Options;
  /** All that its first word may be. */
  choices?: readonly string[];
  load(): Promise<Run<string[], Record<string, boolean | string | string[] | undefined>>>;
}

/** Commands under one word. */
export interface Group {
  summary: string;
  commands: Readonly<Record<string, Command>>;
  /** The command that is meant when no name of one follows. */
  otherwise?: string;
}

/** Declares a command; the types of its words and options are those of its code. */
export function command<const Words extends readonly string[], const O extends Options>(
  declared: Declared & {
    words: Words;
    options: O;
    choices?: readonly string[];
    load(): Promise<Run<WordTexts<Words>, OptionValues<O>>>;
  },
): Command {
  // `readGiven` makes words and options as the declaration says, which the general type can't express.
  return declared as unknown as Command;
}

/** The words were wrong: exit code 2, with a sentence that says what to write. */
export class UsageError extends Error {}

/** The option of listings. */
export const json = { json: { text: 'print JSON' } } as const;
