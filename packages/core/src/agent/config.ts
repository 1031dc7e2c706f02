/**
 * `config.json` of an agent's folder. The agent can write it, so nothing in it grants anything, and a bad value
 * never stops a turn: it falls back to its default, with a warning that names it.
 */
import * as v from 'valibot';
import { SESSION_SCOPES, type SessionScope } from '../sessions/scope.ts';
import { parseJsonObject } from '../text/json.ts';

/** The settings of an agent. */
export interface AgentConfig {
  /** Alias or full id as written; null for the operator's default. */
  model: string | null;
  sessionScope: SessionScope;
}

const modelSchema = v.pipe(v.string(), v.trim(), v.regex(/^[\w.:@/-]{1,100}$/));
const scopeSchema = v.picklist(SESSION_SCOPES);

/** Reads the text of `config.json`; null stands for a missing file. Keys that we don't know are left alone. */
export function parseAgentConfig(text: string | null): { config: AgentConfig; warnings: string[] } {
  const warnings: string[] = [];
  const file = text === null ? {} : parseObject(text, warnings);
  return {
    config: {
      model: read(file, 'model', modelSchema, null, 'the name of a model', warnings),
      sessionScope: read(
        file,
        'session_scope',
        scopeSchema,
        'agent',
        '"agent", "sender" or "thread"',
        warnings,
      ),
    },
    warnings,
  };
}

/** Whether the text of `config.json` has a value in force for this key: one that a default is used for does not count. */
export function isSetInConfig(text: string | null, key: 'model' | 'session_scope'): boolean {
  const json = text === null ? null : parseJsonObject(text);
  if (json?.ok !== true || !Object.hasOwn(json.value, key)) return false;
  return v.is(key === 'model' ? modelSchema : scopeSchema, json.value[key]);
}

/** `config.json` with other settings; its other keys stay, and a file that is no JSON object is replaced. */
export function changeAgentConfig(
  text: string | null,
  change: { model?: string | null; session_scope?: SessionScope },
): string {
  const settings = text === null ? {} : parseObject(text, []);
  return `${JSON.stringify({ ...settings, ...change }, null, 2)}\n`;
}

function parseObject(text: string, warnings: string[]): Record<string, unknown> {
  const json = parseJsonObject(text);
  if (json.ok) return json.value;
  warnings.push(
    json.reason === 'not_an_object'
      ? 'config.json is not a JSON object; its settings are the defaults now.'
      : 'config.json is nested too deep or holds too many values; its settings are the defaults now.',
  );
  return {};
}

function read<Value, Fallback>(
  file: Record<string, unknown>,
  key: string,
  schema: v.GenericSchema<unknown, Value>,
  fallback: Fallback,
  wanted: string,
  warnings: string[],
): Value | Fallback {
  const value = Object.hasOwn(file, key) ? file[key] : undefined;
  if (value === undefined || value === null) return fallback;
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const used = fallback === null ? 'the default' : JSON.stringify(fallback);
  warnings.push(`config.json: "${key}" must be ${wanted}; ${used} is used.`);
  return fallback;
}
