/** `tinyfat destroy cloudflare`: takes an installation away from Cloudflare, and leaves what is stored. */
import * as v from 'valibot';
import { cloudflareApi } from '../cloudflare/api.ts';
import { readDeployAccess } from '../cloudflare/deploy-settings.ts';
import { type Existing, findAccount, findExisting, refused } from '../cloudflare/resources.ts';
import { type Run, UsageError } from '../command.ts';
import { confirm, isTerminal } from '../input/confirm.ts';
import { printable } from '../output/text.ts';

const WORDS: Record<Existing['kind'], string> = {
  worker: 'Worker',
  queue: 'queue',
  hyperdrive: 'Hyperdrive',
  bucket: 'bucket',
};

/** Names what is there, asks, and removes all but what is stored; exit code 1 where something could not be removed. */
export const destroyCloudflare: Run<[], { name: string; yes: boolean }> = async ({ options }) => {
  const access = readDeployAccess(process.env);
  if (!access.ok) return say(access.problems.join(' '), 'Set it, then run the same command again.');
  const { token, apiUrl, accountId } = access.access;
  const api = cloudflareApi({ token, baseUrl: apiUrl, fetch });
  const account = await findAccount(api, accountId);
  if (!account.ok) return say(account.reason, account.fix);
  const found = await findExisting(api, account.id, options);
  if (!found.ok) return say(found.reason, found.fix);
  const doomed = found.existing.filter(({ kind }) => kind !== 'bucket');
  const stays = found.existing.filter(({ kind }) => kind === 'bucket');
  if (doomed.length === 0) {
    console.log(`There is nothing of ${options.name} to be removed in ${printable(account.name)}.`);
    return 0;
  }
  console.log(printable(`Would remove from ${account.name}:`));
  for (const { kind, name } of doomed) console.log(`  ${WORDS[kind].padEnd(11)} ${name}`);
  console.log(whatStays(stays));
  const terminal = { input: process.stdin, output: process.stderr };
  if (!options.yes) {
    if (!isTerminal(terminal)) throw new UsageError('nobody can be asked here: --yes removes without asking');
    if (!(await confirm(terminal, `Type ${options.name} to remove it: `, [options.name]))) {
      console.log('Nothing was removed.');
      return 1;
    }
  }
  for (const { kind, name, path } of doomed) {
    const gone = await api.call('DELETE', path, v.unknown());
    if (!gone.ok && gone.status !== 404) {
      const { reason, fix } = refused(gone, RIGHT_OF[kind]);
      return say(`The ${WORDS[kind]} ${name} was not removed: ${reason}`, fix);
    }
    console.log(`removed: ${WORDS[kind]} ${name}`);
  }
  return 0;
};

const RIGHT_OF = { worker: 'workers', queue: 'queues', hyperdrive: 'hyperdrive', bucket: 'r2' } as const;

function whatStays(buckets: readonly Existing[]): string {
  const bucket = buckets.map(
    ({ name }) => `
  the bucket ${name} with raw mail and the folders of agents: empty and remove it in the dashboard of Cloudflare
  (R2), or with: npx wrangler r2 bucket delete ${name}`,
  );
  return `Stays:${bucket.join('')}
  the database of DATABASE_URL: remove it where it is
  images of the containers: npx wrangler containers images list`;
}

function say(reason: string, fix: string): number {
  console.error(printable(`tinyfat: ${reason}`));
  console.error(printable(`Next: ${fix}`));
  return 1;
}
