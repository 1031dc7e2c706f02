import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { inputSchema, type StepMomInput } from './contract.ts';

export type InputOutcome = { ok: true; input: StepMomInput } | { ok: false; reason: string };

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
