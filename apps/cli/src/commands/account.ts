/** `tinyfat account list|sign-out`: who has signed in on the pages. Accounts are made by signing in. */
import { canonicalAddress, renderError } from '@tinyfat/core';
import { endSessions, listAccounts } from '@tinyfat/database';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { withData } from './open.ts';

const USAGE = 'write: account list, or account sign-out ADDR';

/** Shows them, or ends all sessions of one, in every browser and at once. */
export const accountCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, text, ...rest] = positionals;
  if (rest.length > 0 || (action === 'sign-out') !== (text !== undefined)) throw new UsageError(USAGE);
  if (action === 'list') {
    return await withData(config, async ({ db }) => {
      const rows = (await listAccounts(db, Date.now())).map((account) => ({
        address: account.address,
        admin: config.adminEmails.includes(account.address) ? 'yes' : 'no',
        sessions: account.sessions,
        last_sign_in: account.lastSignIn === null ? null : time(account.lastSignIn),
        since: time(account.createdAt),
      }));
      printRows(rows, values.json === true, 'Nobody has signed in yet.');
      return 0;
    });
  }
  if (action !== 'sign-out' || text === undefined) throw new UsageError(USAGE);
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
