/**
 * What a backup says about itself: `about.json` is its first entry, `manifest.json` its last. Between them lie
 * `database.sqlite`, `raw-mail/{key}.eml` and `agents/{id}/…`. All of them are below one folder.
 */
import { parseJson } from '@tinyfat/core';
import { ArchiveError } from '@tinyfat/storage/tar';
import * as v from 'valibot';

/** The folder that all of a backup lies in, in the archive. */
export const TOP = 'tinyfat-backup/';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const sum = v.object({ files: count, bytes: count, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
const name = v.pipe(v.string(), v.maxLength(200));

const about = v.object({
  format: v.literal(1),
  /** Of the program. */
  version: name,
  /** ISO 8601; the moment of the database. */
  made_at: name,
  /** What the database has gone through, in order. */
  migrations: v.pipe(v.array(name), v.maxLength(1000)),
});

const manifest = v.object({
  database: sum,
  /** `missing`: messages that rows name and that were not there. */
  raw_mail: v.object({ ...sum.entries, missing: count }),
  agents: v.array(
    v.object({
      id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/)),
      ...sum.entries,
      /** A turn was under way, so that its files may be of slightly different moments. */
      during_turn: v.boolean(),
      /** Entries that no archive can hold, such as pipes. */
      left_out: count,
    }),
  ),
});

export type About = v.InferOutput<typeof about>;
export type Manifest = v.InferOutput<typeof manifest>;

/** Bytes that are read of these entries. */
export const MAX_ABOUT_BYTES = 256 * 1024;
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** Reads `about.json`. Throws an ArchiveError. */
export function parseAbout(text: string): About {
  const value = parseJson(text);
  if (v.is(v.object({ format: v.pipe(v.number(), v.minValue(2)) }), value)) {
    throw new ArchiveError(
      'The backup was made by a newer tinyfat than this one. Restore it with that version.',
    );
  }
  return parsed(about, value, 'about.json');
}

/** Reads `manifest.json`. Throws an ArchiveError. */
export function parseManifest(text: string): Manifest {
  return parsed(manifest, parseJson(text), 'manifest.json');
}

function parsed<S extends v.GenericSchema>(schema: S, value: unknown, file: string): v.InferOutput<S> {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  throw new ArchiveError(`The archive is damaged, or no backup of tinyfat: its ${file} can not be read.`);
}
