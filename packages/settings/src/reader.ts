/** Reads settings by name. A value that can't be used is a problem that names the variable, never replaced in silence. */
import * as v from 'valibot';

/** Variables of the environment, or of a Worker. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsReader {
  /** The value by its schema; the fallback where it is not set, or was refused with a problem. */
  read<Value>(name: string, schema: v.GenericSchema<string, Value>, fallback: Value): Value;
  /** The text as it is; null where it is not set. */
  text(name: string): string | null;
  /** What is wrong so far: sentences, which repeat no value that may be a secret. */
  problems: string[];
  /** Names that were asked for so far, whether they are set or not. */
  names: ReadonlySet<string>;
}

/** A reader over these variables. An empty one counts as not set. */
export function settingsReader(environment: Environment): SettingsReader {
  const problems: string[] = [];
  const names = new Set<string>();
  return {
    problems,
    names,
    text(name) {
      names.add(name);
      return environment[name] || null;
    },
    read(name, schema, fallback) {
      names.add(name);
      const text = environment[name];
      if (text === undefined || text === '') return fallback;
      const parsed = v.safeParse(schema, text);
      if (parsed.success) return parsed.output;
      problems.push(`${name} ${parsed.issues[0]?.message ?? 'can not be used'}.`);
      return fallback;
    },
  };
}
