/** A run done once more: what is asked before, and what the form means. */
import { sha256Hex } from '@tinyfat/core';
import { type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { viewMail } from '../../api/routes/mail-views.ts';
import { getRun, runAgain } from '../../api/routes/runs.ts';
import type { RunDetail } from './read-run.ts';

/** A text of the longest that is taken, each character of it encoded as nine bytes. */
export const MOST_FORM_BYTES = 1_000_000;

/** The text that the form begins with: what was run last. Null where there is none that is whole. */
interface AgainText {
  shown: string;
  /** Of the text as a browser sends it back: a form that has it changes nothing. */
  sha256: string;
}

/** The run, and the text to begin with. */
export async function readAgain(
  ask: Ask,
  id: string,
): Promise<{ ok: true; run: RunDetail; text: AgainText | null } | Refusal> {
  const found = await ask(getRun, { params: { id } });
  if (!found.ok) return found;
  const shown = await textOf(ask, found.body);
  const text = shown === null ? null : { shown, sha256: await hashOf(shown) };
  return { ok: true, run: found.body, text };
}

async function textOf(ask: Ask, run: RunDetail): Promise<string | null> {
  if (run.edited_text !== null) return run.edited_text;
  const view = await ask(viewMail, { params: { id: run.mail } });
  return view.ok && !view.body.text_cut && view.body.text.length <= MOST_CHARACTERS ? view.body.text : null;
}

const MOST_CHARACTERS = 100_000;

/** Runs it again; a text that was not changed is the mail as it came, or as it was edited before. */
export async function runOnceMore(
  ask: Ask,
  id: string,
  fields: URLSearchParams,
): Promise<{ ok: true; run: string } | Refusal> {
  const found = await ask(getRun, { params: { id } });
  if (!found.ok) return found;
  const text = fields.get('text');
  const isChanged = text !== null && (await hashOf(text)) !== fields.get('before');
  const edited = isChanged ? text.replace(/\r\n/g, '\n') : found.body.edited_text;
  const wasRun = (fields.get('again') ?? '') !== (found.body.again ?? '');
  const again = wasRun
    ? refuse('conflict', 'It was run again since you opened this page.')
    : await ask(runAgain, { params: { id }, body: edited === null ? {} : { text: edited } });
  if (again.ok) return { ok: true, run: again.body.id };
  const run = again.code === 'conflict' ? await madeOf(ask, id, edited) : null;
  return run === null ? again : { ok: true, run };
}

/** The run that this form has made already, since it was sent twice; null where that was another one. */
async function madeOf(ask: Ask, id: string, edited: string | null): Promise<string | null> {
  const found = await ask(getRun, { params: { id } });
  if (!found.ok || found.body.again === null) return null;
  const made = await ask(getRun, { params: { id: found.body.again } });
  return made.ok && made.body.edited_text === edited ? made.body.id : null;
}

/** Browsers send line breaks as CRLF (HTML, "constructing the entry list"), and drop the first one of a textarea. */
async function hashOf(text: string): Promise<string> {
  const plain = text.replace(/\r\n?/g, '\n').replace(/^\n/, '');
  return await sha256Hex(new TextEncoder().encode(plain));
}
