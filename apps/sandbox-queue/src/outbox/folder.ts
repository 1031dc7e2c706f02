/**
 * The folder outbox/email as the agent left it, with any number of files of any size and kind: listing is bounded, and
 * files that are not to be sent are moved away together, by one rename.
 */
import type { FolderEntry } from '@tinyfat/core';
import { type Delivery, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerDeps } from '../consumer.ts';

export const OUTBOX = 'outbox/email';
/** More than this was written on purpose. */
const MAX_LISTED = 10_000;
const MAX_DRAFTS = 1000;

type Deps = Pick<ConsumerDeps, 'folders' | 'db'>;

export interface OutboxFolder {
  /** By name; drafts, whose names begin with a dot, are not among them. */
  entries: FolderEntry[];
  drafts: string[];
  /** There are others that were not looked at. */
  more: boolean;
}

/** Lists outbox/email, 10,000 entries at most. */
export async function listOutbox(deps: Deps, agentId: string): Promise<OutboxFolder> {
  const found = await deps.folders.list(agentId, OUTBOX, MAX_LISTED + 1);
  const isDraft = ({ name }: FolderEntry) => name.startsWith('.');
  return {
    entries: found.filter((entry) => !isDraft(entry)),
    drafts: found.filter(isDraft).map(({ name }) => name),
    more: found.length > MAX_LISTED,
  };
}

/** Names of files that deliveries still need where they are. */
export function awaitedFiles(known: readonly Delivery[]): Set<string> {
  return new Set(known.flatMap(({ source_file }) => (source_file === null ? [] : [source_file])));
}

/** Moves everything in outbox/email to `to`, but for drafts and files that deliveries still need. */
export async function setOutboxAside(deps: Deps, agentId: string, to: string): Promise<void> {
  const awaited = awaitedFiles(await unfiledDeliveries(deps.db, agentId));
  const { drafts } = await listOutbox(deps, agentId);
  await deps.folders.setAside(agentId, OUTBOX, to, [...awaited, ...drafts.slice(0, MAX_DRAFTS)]);
}
