/**
 * The front matter of a SKILL.md, read as the agent's runtime reads it (https://agentskills.io/specification), which offers
 * the agent only skills with a valid one.
 */
import * as v from 'valibot';
import { decodeUtf8 } from '../body.ts';

/** A larger SKILL.md is left out by the runtime; bytes. */
const MAX_FILE_BYTES = 1_000_000;
/** The front matter must end within so many bytes. */
const MAX_HEAD_BYTES = 16_000;
const MAX_DESCRIPTION = 1024;

const head = v.object({
  name: v.optional(v.string()),
  description: v.pipe(v.string(), v.trim(), v.minLength(1)),
});

/** `name` is null where the folder gives the name; `reason` is a sentence on why the runtime leaves the skill out. */
export type SkillHead =
  | { ok: true; name: string | null; description: string }
  | { ok: false; reason: string };

/** Reads the front matter of these bytes. Never rejects for what is in them. */
export async function readSkillHead(bytes: Uint8Array): Promise<SkillHead> {
  if (bytes.length > MAX_FILE_BYTES) return refused(`has more than ${MAX_FILE_BYTES} bytes`);
  if (decodeUtf8(bytes) === null) return refused('is not text in UTF-8');
  const yaml = frontMatter(new TextDecoder().decode(bytes.subarray(0, MAX_HEAD_BYTES)));
  if (yaml === null) return refused('begins with no front matter: lines between two lines of ---');
  const parsed = v.safeParse(head, await parseYaml(yaml));
  if (!parsed.success)
    return refused('has no front matter with a description (and, if it has one, a name) of text');
  const { name = null, description } = parsed.output;
  if (description.length > MAX_DESCRIPTION) {
    return refused(`has a description of more than ${MAX_DESCRIPTION} characters`);
  }
  return { ok: true, name: name === '' ? null : name, description };
}

function frontMatter(text: string): string | null {
  const lines = text.replace(/\r\n?/g, '\n');
  const end = lines.startsWith('---\n') ? lines.indexOf('\n---', 3) : -1;
  return end === -1 ? null : lines.slice(4, end);
}

/** Undefined for what is no YAML. The parser is loaded on demand: most commands need none. */
async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('./parse-yaml.ts');
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}

function refused(what: string): SkillHead {
  return { ok: false, reason: `SKILL.md ${what}.` };
}
