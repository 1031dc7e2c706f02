/**
 * A command is a declaration, which parsing, help, shell completion and the test of the documentation read. Declarations
 * load nothing: the code of a command is loaded when it runs.
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
  /** It must be given; `here`: only where no server is named, whose token implies it. */
  required?: true | 'here';
  /** All possible values. */
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
  /** Further paragraphs of the help. */
  notes?: string;
  /** Its forms, where they do not follow from words and options. */
  forms?: readonly string[];
  /** Whole command lines. */
  examples: readonly [string, ...string[]];
  /** It works on this machine only; the others also work over --server. */
  here?: true;
  /** A word too many may be a secret: it is not repeated. */
  hidesWords?: string;
}

/** One command. `words` are its positional words, such as `NAME` or `[NAME]`. */
export interface Command extends Declared {
  words: readonly string[];
  options: Options;
  /** All possible values of its first word. */
  choices?: readonly string[];
  load(): Promise<Run<string[], Record<string, boolean | string | string[] | undefined>>>;
}

/** Commands under one word. */
export interface Group {
  summary: string;
  commands: Readonly<Record<string, Command>>;
  /** The command that runs where none is named. */
  otherwise?: string;
}

/** Declares a command, without words and options unless it names some; their types are those of its code. */
export function command<
  const Words extends readonly string[] = readonly [],
  const O extends Options = Readonly<Record<never, Valued>>,
>(
  declared: Declared & {
    words?: Words;
    options?: O;
    choices?: readonly string[];
    load(): Promise<Run<WordTexts<Words>, OptionValues<O>>>;
  },
): Command {
  // `readGiven` makes words and options as the declaration says, which the general type can't express.
  return { words: [], options: {}, ...declared } as unknown as Command;
}

/** The words were wrong: exit code 2, with a sentence that says what to write. */
export class UsageError extends Error {}

/** The option of listings. */
export const json = { json: { text: 'print JSON' } } as const;
