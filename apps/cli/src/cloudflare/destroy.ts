/** Takes an installation away from Cloudflare: all but the bucket, in which mails and folders of agents are. */
import * as v from 'valibot';
import { findAccount } from './account.ts';
import type { CloudflareApi } from './api.ts';
import { findExisting, KINDS } from './existing.ts';
import type { Outcome } from './outcome.ts';
import { refused } from './rights.ts';

export interface DestroyDeps {
  api: CloudflareApi;
  /** A line for the operator. */
  say(line: string): void;
  /** Whether what was said may be removed. */
  mayRemove(): Promise<boolean>;
}

/** Names what is there, asks, and removes it in an order in which each can go; after a failure the same command goes on. */
export async function destroy(
  { api, say, mayRemove }: DestroyDeps,
  { name, accountId }: { name: string; accountId: string | null },
): Promise<Outcome<{ wasRefused: boolean }>> {
  const account = await findAccount(api, accountId);
  if (!account.ok) return account;
  const found = await findExisting(api, account.id, name);
  if (!found.ok) return found;
  const doomed = found.existing.filter(({ kind }) => kind !== 'bucket');
  const bucket = found.existing.find(({ kind }) => kind === 'bucket');
  if (doomed.length === 0) {
    say(`There is nothing of ${name} to be removed from ${account.name}.`);
    if (bucket) sayWhatStays(say, bucket.name);
    return { ok: true, wasRefused: false };
  }
  say(`Would remove from ${account.name}:`);
  for (const one of doomed) say(`  ${KINDS[one.kind].words.padEnd(11)} ${one.name}`);
  sayWhatStays(say, bucket?.name ?? null);
  if (!(await mayRemove())) {
    say('Nothing was removed.');
    return { ok: true, wasRefused: true };
  }
  for (const { kind, name, path } of doomed) {
    const { words, right } = KINDS[kind];
    const gone = await api.call('DELETE', path, v.unknown());
    if (!gone.ok && gone.status !== 404) {
      const { reason, fix } = refused(gone, right);
      return { ok: false, reason: `The ${words} ${name} was not removed: ${reason}`, fix };
    }
    say(`removed: ${words} ${name}`);
  }
  return { ok: true, wasRefused: false };
}

function sayWhatStays(say: DestroyDeps['say'], bucket: string | null): void {
  say('Stays:');
  if (bucket !== null) {
    say(
      `  the bucket ${bucket} with raw mail and the folders of agents: empty and remove it in the dashboard`,
    );
    say(`  of Cloudflare (R2), or, once it is empty, with: npx wrangler r2 bucket delete ${bucket}`);
  }
  say('  the database of DATABASE_URL: remove it where it is');
  say('  images of the containers: npx wrangler containers images list');
}
