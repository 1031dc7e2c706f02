/**
 * Edits MEMORY.md and config.json in a form. The form holds the tag of what it was made from: what somebody else wrote
 * meanwhile is never overwritten unseen, and what was typed is never lost.
 */
import { byteSize } from '@tinyfat/core';
import { type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { decodeUtf8 } from '../../api/body.ts';
import {
  getConfig,
  getMemory,
  MAX_CONFIG_BYTES,
  MAX_MEMORY_BYTES,
  putConfig,
  putMemory,
} from '../../api/routes/files.ts';

const FILES = {
  'MEMORY.md': { get: getMemory, put: putMemory, most: MAX_MEMORY_BYTES },
  'config.json': { get: getConfig, put: putConfig, most: MAX_CONFIG_BYTES },
} as const;

/** A file that has a form. */
export type EditedFile = keyof typeof FILES;

/** The file that a path names, where it has a form. */
export function editedFile(path: string): EditedFile | null {
  return path === 'MEMORY.md' || path === 'config.json' ? path : null;
}

/** A form with such a file holds at most so many bytes: each may be encoded as three. */
export const MOST_FORM_BYTES = 3 * MAX_MEMORY_BYTES + 4096;

/** What a form is filled with. */
export interface EditForm {
  text: string;
  /** ETag of what is replaced; empty: there is no file yet. */
  tag: string;
  /** What is stored now, where that is not what the form was made from. */
  stored: string | null;
}

/** The form over what is stored; null where that is too long or no text. */
export async function readForEdit(
  ask: Ask,
  agent: string,
  file: EditedFile,
): Promise<{ ok: true; form: EditForm | null } | Refusal> {
  const { get, most } = FILES[file];
  const read = await ask(get, { params: { agent } });
  if (!read.ok)
    return read.code === 'not_found' ? { ok: true, form: { text: '', tag: '', stored: null } } : read;
  const { body, headers } = read;
  if (!('bytes' in body) || body.bytes.length > most) return { ok: true, form: null };
  const text = decodeUtf8(body.bytes);
  if (text === null || text.includes('\0')) return { ok: true, form: null };
  return { ok: true, form: { text, tag: headers?.etag ?? '', stored: null } };
}

/** Stores what was typed; `done` is the word for the next page. Refused: the form with what was typed, and why. */
export async function saveEdit(
  ask: Ask,
  agent: string,
  file: EditedFile,
  fields: URLSearchParams,
): Promise<{ ok: true; done: string } | { ok: false; refusal: Refusal; form: EditForm | null }> {
  // Forms send line breaks as CR LF (HTML standard, "constructing the form data set").
  const text = (fields.get('text') ?? '').replaceAll('\r\n', '\n');
  const tag = fields.get('tag') ?? '';
  const { put, most } = FILES[file];
  if (new TextEncoder().encode(text).length > most) {
    const long = refuse('body_too_large', `${file} may have at most ${byteSize(most)}.`);
    const refusal = { ...long, nextStep: 'Nothing was stored; shorten it and save again.' };
    return { ok: false, refusal, form: { text, tag, stored: null } };
  }
  const headers: Record<string, string> = tag === '' ? { 'if-none-match': '*' } : { 'if-match': tag };
  const saved = await ask(put, { params: { agent }, body: text, headers });
  if (saved.ok) {
    const { turn_running, warnings } = saved.body;
    return { ok: true, done: turn_running ? 'saved-running' : warnings.length > 0 ? 'saved-long' : 'saved' };
  }
  if (saved.code !== 'precondition_failed') {
    const refusal =
      saved.code === 'invalid_request'
        ? { ...saved, nextStep: 'Nothing was stored; mend it and save again.' }
        : saved;
    return { ok: false, refusal, form: { text, tag, stored: null } };
  }
  const now = await readForEdit(ask, agent, file);
  if (!now.ok) return { ok: false, refusal: now, form: { text, tag, stored: null } };
  // The form was sent twice.
  if (now.form?.text === text) return { ok: true, done: 'saved' };
  const refusal: Refusal = {
    ...saved,
    detail: `${file} was changed while you wrote, so nothing was stored.`,
    nextStep: 'Your text is below, and what is stored now beneath it. Saving again replaces that.',
  };
  const stored = now.form?.text ?? null;
  return { ok: false, refusal, form: { text, tag: now.form?.tag ?? '', stored } };
}
