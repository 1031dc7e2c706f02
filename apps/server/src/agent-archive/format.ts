/**
 * The archive of one agent: `agent.json` first, then its folder below `folder/`, what is on record below `history/` if
 * that was asked for, and `manifest.json` last. It holds no key, no token and no secret address.
 */
import { OUTBOUND_POLICIES, parseJson } from '@tinyfat/core';
import { ArchiveError } from '@tinyfat/storage/tar';
import * as v from 'valibot';

/** The folder that all of it lies in, in the archive. */
export const TOP = 'tinyfat-agent/';

const short = v.pipe(v.string(), v.maxLength(400));

const exported = v.object({
  format: v.literal(1),
  /** Of the program. */
  version: short,
  /** ISO 8601. */
  exported_at: short,
  name: short,
  /** What its files call it. */
  address: short,
  owner: short,
  display_name: short,
  /** As core's `parseEgress` reads it. */
  egress: v.pipe(v.string(), v.maxLength(100_000)),
  /** One of core's `OUTBOUND_POLICIES`; archives of before have none. */
  outbound: v.optional(v.picklist(OUTBOUND_POLICIES), 'known'),
  allowed_senders: v.pipe(v.array(short), v.maxLength(10_000)),
  /** Null: none was set for it alone. */
  monthly_micro_usd: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** What each scope goes on with. */
  sessions: v.pipe(
    v.array(
      v.object({ scope: v.pipe(v.string(), v.maxLength(2000)), session_id: v.pipe(v.string(), v.uuid()) }),
    ),
    v.maxLength(100_000),
  ),
});

const manifest = v.object({
  files: v.number(),
  bytes: v.number(),
  sha256: v.string(),
  /** A turn was under way, so that files may be of slightly different moments. */
  during_turn: v.boolean(),
});

export type ExportedAgent = v.InferOutput<typeof exported>;
export type AgentManifest = v.InferOutput<typeof manifest>;

/** Bytes that are read of the two. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** Reads `agent.json`. Throws an ArchiveError. */
export function parseExported(text: string): ExportedAgent {
  const value = parseJson(text);
  if (v.is(v.object({ format: v.pipe(v.number(), v.minValue(2)) }), value)) {
    throw new ArchiveError(
      'The archive was made by a newer tinyfat than this one. Import it with that version.',
    );
  }
  return parsed(exported, value, 'agent.json');
}

/** Reads `manifest.json`. Throws an ArchiveError. */
export function parseAgentManifest(text: string): AgentManifest {
  return parsed(manifest, parseJson(text), 'manifest.json');
}

function parsed<S extends v.GenericSchema>(schema: S, value: unknown, file: string): v.InferOutput<S> {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const where = issue ? ` (${v.getDotPath(issue) ?? 'it is no object'})` : '';
  throw new ArchiveError(
    `The archive is damaged, or no agent of tinyfat: its ${file} can not be used${where}.`,
  );
}
