/** The files of an agent: what lies at a path, and what can be done there. */
import { byteSize } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { type agent as agentSchema, getAgent } from '../../api/routes/agents.ts';
import { deleteFile, listFiles, putFile, viewFile } from '../../api/routes/files.ts';
import { countText } from '../../view/numbers.ts';
import { canBeNamed, filesHref } from './paths.ts';

type Agent = v.InferOutput<typeof agentSchema>;

const PAGE = '50';

/** An entry of a folder as it is shown. */
export interface EntryRow {
  name: string;
  /** Its page; null for what has none. */
  href: string | null;
  kind: 'file' | 'folder' | 'other';
  /** Such as `12 kB` or `folder`. */
  about: string;
  modifiedAt: string | null;
  /** What it is to the agent, for what every agent has. */
  hint: string | null;
}

/** What lies at a path. */
export type Place =
  | { kind: 'folder'; path: string; rows: EntryRow[]; next: string | null; puts: boolean }
  | {
      kind: 'file';
      path: string;
      size: string;
      /** Null where it is no text. */
      text: string | null;
      /** Such as `from character …`; where the text begins or ends within the file. */
      piece: string | null;
      nextOffset: number | null;
      removes: boolean;
    }
  | { kind: 'other'; path: string; removes: boolean };

/** What was done, by the word in the URL of the page after it. */
export const DONE: Readonly<Record<string, string>> = {
  put: 'The file is stored.',
  'put-running': 'The file is stored. A turn is running, which may use or change it.',
  removed: 'The file was removed.',
  saved: 'Saved.',
  'saved-running': 'Saved. The turn that is running goes on with what it has read before.',
  'saved-long': 'Saved. Only the first 64 KiB of it are in every prompt.',
};

/** The place with its agent; `cursor` is for folders and `offset` for files. */
export async function readPlace(
  ask: Ask,
  name: string,
  path: string,
  { cursor, offset }: { cursor: string | undefined; offset: string | undefined },
): Promise<{ ok: true; agent: Agent; place: Place } | Refusal> {
  const [agent, place] = await Promise.all([
    ask(getAgent, { params: { agent: name } }),
    placeAt(ask, name, path, { cursor, offset }),
  ]);
  if (!agent.ok) return agent;
  return place.ok ? { ok: true, agent: agent.body, place: place.place } : place;
}

async function placeAt(
  ask: Ask,
  agent: string,
  path: string,
  { cursor, offset }: { cursor: string | undefined; offset: string | undefined },
): Promise<{ ok: true; place: Place } | Refusal> {
  const params = { agent };
  if (path !== '') {
    const seen = await ask(viewFile, { params: { ...params, path }, query: { offset } });
    if (!seen.ok) return seen;
    const { kind, size, text, offset: from, next_offset } = seen.body;
    const removes = isOwners(path);
    if (kind === 'other') return { ok: true, place: { kind, path, removes } };
    if (kind === 'file') {
      const isPiece = from > 0 || next_offset !== null;
      const to = next_offset ?? size;
      const piece = isPiece ? `Bytes ${countText(from)} to ${countText(to)} of ${countText(size)}.` : null;
      return {
        ok: true,
        place: { kind, path, size: byteSize(size), text, piece, nextOffset: next_offset, removes },
      };
    }
  }
  const list = await ask(listFiles, { params, query: { folder: path, limit: PAGE, cursor } });
  if (!list.ok) return list;
  const rows = list.body.data.map((entry) => entryRow(agent, path, entry));
  const puts = path === '' || isOwners(path);
  return { ok: true, place: { kind: 'folder', path, rows, next: list.body.next_cursor, puts } };
}

/** What every agent has in its folder. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['MEMORY.md', 'what it reads at the start of every turn'],
  ['config.json', 'its settings'],
  ['skills', 'what it has learnt to do'],
  ['sessions', 'its conversations'],
  ['outbox', 'mail that it writes, and what became of it'],
  ['events', 'what happened in its turns'],
]);

/** Top folders that are the server's, as the API has it. */
const KEPT = ['outbox', 'events', 'sessions', 'skills', 'MEMORY.md', 'config.json'];

/** Whether files are put and removed there as files. */
function isOwners(path: string): boolean {
  return !KEPT.includes(path.split('/')[0] ?? '');
}

function entryRow(
  agent: string,
  folder: string,
  {
    name,
    kind,
    size,
    modified_at,
  }: { name: string; kind: EntryRow['kind']; size: number; modified_at: string },
): EntryRow {
  const path = folder === '' ? name : `${folder}/${name}`;
  const isLinked = kind !== 'other' && canBeNamed(name);
  return {
    name: canBeNamed(name) ? name : JSON.stringify(name).slice(1, -1),
    href: isLinked ? filesHref(agent, path) : null,
    kind,
    about:
      kind === 'folder' ? 'folder' : kind === 'file' ? byteSize(size) : 'a link or the like, never opened',
    modifiedAt: kind === 'other' ? null : modified_at,
    hint: folder === '' ? (HINTS.get(name) ?? null) : null,
  };
}

/** A file that a form has sent. */
export interface Upload {
  name: string;
  bytes: Uint8Array;
  /** In the place of a file of that name. */
  replace: boolean;
}

const UNFIT = 'The name of the file has a slash, a line break or the like in it.';

/** Puts it into a folder; `done` is the word for the next page. */
export async function upload(
  ask: Ask,
  agent: string,
  folder: string,
  { name, bytes, replace }: Upload,
): Promise<{ ok: true; done: string } | Refusal> {
  const unfit = name === '' ? 'No file was chosen.' : canBeNamed(name) && !name.includes('/') ? null : UNFIT;
  if (unfit !== null) return { ...refuse('invalid_request', unfit), nextStep: 'Choose one, and upload it.' };
  const path = folder === '' ? name : `${folder}/${name}`;
  const put = await ask(putFile, {
    params: { agent, path },
    query: { replace: replace ? 'true' : 'false' },
    body: bytes,
  });
  if (put.ok) return { ok: true, done: put.body.turn_running ? 'put-running' : 'put' };
  const isThere = put.detail?.endsWith(' already.') === true;
  return isThere
    ? { ...put, nextStep: 'Choose it again and tick “Replace”, or give it another name first.' }
    : put;
}

/** Removes a file. */
export async function remove(ask: Ask, agent: string, path: string): Promise<Outcome<null>> {
  return await ask(deleteFile, { params: { agent, path } });
}
