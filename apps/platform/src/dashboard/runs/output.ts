/** What a tool gave, whole, a piece at a time: it is read when somebody opens it. */
import { byteSize } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getRun, getToolOutput, type runDetail } from '../../api/routes/runs.ts';
import { countText } from '../../view/numbers.ts';
import { stepHref } from './read-run.ts';
import { outputHref } from './step-text.ts';

/** A piece of the output; `text` is the agent's or a program's, and only shown. */
export interface ShownOutput {
  tool: string;
  failed: boolean;
  size: string;
  text: string;
  /** Such as `Bytes 0 to 49,152 of 120,000`; null where all of it is here. */
  piece: string | null;
  /** Where it begins and goes on; null where that is here. */
  beginning: string | null;
  next: string | null;
}

export interface OutputPage {
  run: v.InferOutput<typeof runDetail>;
  /** The page of the run, at this step. */
  step: string;
  /** Or why it is not there any more. */
  output: ShownOutput | Refusal;
}

/** Reads it; `search` is the query of the page: `step`, the number of an event, and `offset` in bytes. */
export async function readOutput(
  ask: Ask,
  id: string,
  search: URLSearchParams,
): Promise<{ ok: true; page: OutputPage } | Refusal> {
  const found = await ask(getRun, { params: { id } });
  if (!found.ok) return found;
  const run = found.body;
  const event = search.get('step') ?? '';
  const read = await ask(getToolOutput, {
    params: { id: run.id, event },
    query: { offset: search.get('offset') ?? undefined },
  });
  // Of what is no call of this run there is no page.
  if (!read.ok && read.code !== 'conflict') return read;
  const key = Number(event);
  const step = `/runs/${run.id}${stepHref(key, key - 1)}`;
  if (!read.ok) return { ok: true, page: { run, step, output: read } };
  const { tool, failed, bytes, text, offset, next_offset: next } = read.body;
  const here = outputHref(run.id, key);
  const isWhole = offset === 0 && next === null;
  return {
    ok: true,
    page: {
      run,
      step,
      output: {
        tool: tool ?? 'the tool',
        failed,
        size: byteSize(bytes),
        text,
        piece: isWhole
          ? null
          : `Bytes ${countText(offset)} to ${countText(next ?? bytes)} of ${countText(bytes)}.`,
        beginning: offset === 0 ? null : here,
        next: next === null ? null : `${here}&offset=${next}`,
      },
    },
  };
}
