/** Reads a session's file in slices: never more of it than a page needs, however long the file or one of its lines is. */
import type { AgentFolders, ReadRefusal } from '@tinyfat/core';
import { type TranscriptEntry, transcriptEntry, unreadable } from './entry.ts';

/** A place in the file, bytes; `inLine`: within a line that is too long to be shown. */
export interface TranscriptPlace {
  offset: number;
  inLine: boolean;
}

/** At most so many entries, of so many characters together and each of their texts. */
export interface TranscriptBounds {
  entries: number;
  characters: number;
  textCharacters: number;
}

export type PlacedEntry = TranscriptEntry & {
  /** Where its line begins. */
  place: TranscriptPlace;
};

/** Entries from a place on; `next` is null at the end of the file. */
export type TranscriptPage = { ok: true; entries: PlacedEntry[]; next: TranscriptPlace | null } | ReadRefusal;

const SLICE_BYTES = 64 * 1024;
/** A longer line holds a picture or a file, and is not parsed. */
const MOST_LINE_BYTES = 512 * 1024;
/** Read for one page. */
const MOST_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** The entries of a file of an agent's folder. A last line that does not end is shown where it can be read. */
export async function readTranscript(
  folders: Pick<AgentFolders, 'readFrom'>,
  { agentId, path, from }: { agentId: string; path: string; from: TranscriptPlace },
  bounds: TranscriptBounds,
): Promise<TranscriptPage> {
  const entries: PlacedEntry[] = [];
  let characters = 0;
  let { offset, inLine } = from;
  let rest = new Uint8Array();
  for (let read = 0; read < MOST_BYTES; ) {
    const slice = await folders.readFrom(agentId, path, offset + rest.length, SLICE_BYTES);
    if (!slice.ok) return slice;
    read += slice.bytes.length;
    const isEnd = slice.bytes.length < SLICE_BYTES;
    const bytes = joined(rest, slice.bytes);
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
      const entry = inLine ? null : lineEntry(bytes.subarray(at, end), bounds);
      const size = entry === null ? 0 : sizeOf(entry);
      const isFull = entries.length >= bounds.entries || characters + size > bounds.characters;
      const place = { offset: offset + at, inLine: false };
      if (entry !== null && isFull && entries.length > 0) return { ok: true, entries, next: place };
      if (entry !== null) entries.push({ ...entry, place });
      characters += size;
      inLine = false;
      at = end + 1;
    }
    rest = bytes.slice(at);
    offset += at;
    if (isEnd) {
      const last = inLine ? null : lineEntry(rest, bounds);
      const place = { offset, inLine: false };
      if (last === null || last.kind === 'unreadable') return { ok: true, entries, next: null };
      if (entries.length >= bounds.entries) return { ok: true, entries, next: place };
      entries.push({ ...last, place });
      return { ok: true, entries, next: null };
    }
    if (inLine || rest.length > MOST_LINE_BYTES) {
      if (!inLine) entries.push({ ...unreadable(TOO_LONG), place: { offset, inLine: false } });
      offset += rest.length;
      rest = new Uint8Array();
      inLine = true;
    }
  }
  return { ok: true, entries, next: { offset, inLine } };
}

/** At the end of a file this is looked through for its last entries: a last line that can be shown lies within it. */
const END_BYTES = MOST_LINE_BYTES + SLICE_BYTES;

/** The last entries of a file of `size` bytes, within the bounds; what was written since `size` was read is among them. */
export async function readTranscriptEnd(
  folders: Pick<AgentFolders, 'readFrom'>,
  { agentId, path, size }: { agentId: string; path: string; size: number },
  bounds: TranscriptBounds,
): Promise<TranscriptPage> {
  const offset = Math.max(0, size - END_BYTES);
  const from = { offset, inLine: offset > 0 };
  const all = { ...bounds, entries: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY };
  const read = await readTranscript(folders, { agentId, path, from }, all);
  if (!read.ok) return read;
  let first = read.entries.length;
  let characters = 0;
  while (first > 0 && read.entries.length - first < bounds.entries) {
    const entry = read.entries[first - 1];
    characters += entry ? sizeOf(entry) : 0;
    if (characters > bounds.characters && first < read.entries.length) break;
    first--;
  }
  return { ...read, entries: read.entries.slice(first) };
}

const TOO_LONG =
  'An entry of more than half a megabyte, such as a picture, is not shown; it is in the downloaded file.';

/** Null for an empty line, and one that has nothing to show. */
function lineEntry(bytes: Uint8Array, { textCharacters }: TranscriptBounds): TranscriptEntry | null {
  const text = new TextDecoder().decode(bytes).trim();
  return text === '' ? null : transcriptEntry(text, textCharacters);
}

function sizeOf({ parts }: TranscriptEntry): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}

function joined(one: Uint8Array, two: Uint8Array): Uint8Array {
  if (one.length === 0) return two;
  const both = new Uint8Array(one.length + two.length);
  both.set(one);
  both.set(two, one.length);
  return both;
}

/** The beginning of a session's file is looked at for its first mail. */
const FIRST_BYTES = 64 * 1024;
const MOST_FIRST_LINE = 200;

/** The first line that somebody wrote in a session; null where its beginning has none. */
export async function firstLineOf(
  folders: Pick<AgentFolders, 'readFrom'>,
  agentId: string,
  path: string,
): Promise<string | null> {
  const read = await folders.readFrom(agentId, path, 0, FIRST_BYTES);
  if (!read.ok) return null;
  for (const line of new TextDecoder().decode(read.bytes).split('\n').slice(0, 50)) {
    const entry = line.trim() === '' ? null : transcriptEntry(line, 4000);
    const text = entry?.kind === 'mail' ? entry.parts.find((part) => part.kind === 'text')?.text : undefined;
    const first = text?.split('\n').find((one) => one.trim() !== '');
    if (first !== undefined) return first.trim().slice(0, MOST_FIRST_LINE).toWellFormed();
  }
  return null;
}
