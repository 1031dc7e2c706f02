/** `tinyfat account list|sign-out`: who has signed in on the pages. Accounts are made by signing in. */
import { canonicalAddress, renderError } from '@tinyfat/core';
import { endSessions, listAccounts } from '@tinyfat/database';
import { withData } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { printTable } from '../output/table.ts';
import { isoTime, time } from '../output/text.ts';

/** Lists accounts. */
export const showAccounts: Run<[], { json: boolean }> = async ({ options }, config) =>
  await withData(config, async ({ db }) => {
    const isAdmin = (address: string) => config.adminEmails.includes(address);
    printTable(
      await listAccounts(db, Date.now()),
      {
        columns: [
          { head: 'address', cell: ({ address }) => address, least: 15 },
          { head: 'admin', cell: ({ address }) => (isAdmin(address) ? 'yes' : 'no') },
          { head: 'sessions', cell: ({ sessions }) => sessions },
          { head: 'last sign-in', cell: ({ lastSignIn }) => time(lastSignIn) },
          { head: 'since', cell: ({ createdAt }) => time(createdAt) },
        ],
        json: ({ address, sessions, lastSignIn, createdAt }) => ({
          address,
          admin: isAdmin(address),
          sessions,
          last_sign_in: lastSignIn === null ? null : isoTime(lastSignIn),
          since: isoTime(createdAt),
        }),
        empty: 'Nobody has signed in yet.',
      },
      options.json,
    );
    return 0;
  });

/** Ends all sessions of one, in every browser and at once. */
export const signOut: Run<[string]> = async ({ words: [text] }, config) => {
  const parsed = canonicalAddress(text);
  if (!parsed.ok) throw new UsageError(parsed.reason);
  return await withData(config, async ({ db }) => {
    const ended = await endSessions(db, parsed.address);
    if (ended === null) {
      console.error(`tinyfat: ${renderError('account_unknown')}`);
      return 1;
    }
    console.log(`Signed out: ${ended} ${ended === 1 ? 'session' : 'sessions'} ended.`);
    return 0;
  });
};
