import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepMomInput } from '@tinyfat/core';
import * as v from 'valibot';

const person = v.object({ address: v.string(), name: v.string() });
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2_147_483_647));

/** Ids become file names below the agent's folder, so nothing but letters, digits and hyphens. */
const fileSafeId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/));

const inputSchema = v.object({
  version: v.literal(1),
  run_id: fileSafeId,
  attempt: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  agent: v.object({ id: v.string(), name: v.string(), address: v.string(), owner: v.string() }),
  session: v.object({ id: fileSafeId, file: v.nullable(v.string()) }),
  model: v.object({
    id: v.string(),
    base_url: v.pipe(v.string(), v.url()),
    max_tokens: v.optional(v.pipe(count, v.minValue(1))),
    demo: v.optional(v.boolean()),
  }),
  task: v.variant('kind', [
    v.object({ kind: v.literal('turn') }),
    v.object({ kind: v.literal('compact'), focus: v.nullable(v.string()) }),
  ]),
  email: v.object({
    message_id: v.nullable(v.string()),
    in_reply_to: v.nullable(v.string()),
    references: v.array(v.string()),
    from: person,
    authentication: v.string(),
    to: v.array(person),
    cc: v.array(person),
    subject: v.string(),
    date: v.nullable(v.string()),
    text: v.string(),
    quoted: v.string(),
    forwarded: v.string(),
    hidden_text: v.boolean(),
    text_by: v.optional(v.literal('owner')),
    attachments: v.array(
      v.object({
        filename: v.string(),
        content_type: v.string(),
        detected_type: v.nullable(v.string()),
        marks: v.array(v.string()),
        content_id: v.nullable(v.string()),
        inline: v.boolean(),
        size: count,
        path: v.string(),
      }),
    ),
  }),
  folder: v.optional(v.object({ holds: count, quota: count })),
  limits: v.object({
    deadline_ms: milliseconds,
    stall_ms: milliseconds,
    retry_base_ms: milliseconds,
    llm_retries: count,
    event_output_chars: count,
  }),
});

type InputOutcome = { ok: true; input: StepMomInput } | { ok: false; reason: string };

/** Reads and checks `input.json`. The host writes it, so a fault here is a fault of the platform. */
export async function readInput(inboxFolder: string): Promise<InputOutcome> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(join(inboxFolder, 'input.json'), 'utf8'));
  } catch (error) {
    return {
      ok: false,
      reason: `input.json can't be read (${error instanceof Error ? error.name : 'error'}).`,
    };
  }
  const result = v.safeParse(inputSchema, parsed);
  if (result.success) return { ok: true, input: result.output };
  const [issue] = result.issues;
  return {
    ok: false,
    reason: `In input.json, ${v.getDotPath(issue) ?? 'the document'} is wrong: ${issue.message}.`,
  };
}
