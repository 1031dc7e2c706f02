/** Every function that asks the database, with a call of each; for the test that reads the plans. */
import { OF_APPROVALS } from './statements-of-approvals.ts';
import { OF_MAIL } from './statements-of-mail.ts';
import { OF_PEOPLE } from './statements-of-people.ts';
import { OF_SETTINGS } from './statements-of-settings.ts';

/** By the name of the exported function; `jobs` are those of the queue. */
export const STATEMENTS = { ...OF_MAIL, ...OF_APPROVALS, ...OF_PEOPLE, ...OF_SETTINGS };

/** What takes a database first and asks it nothing of its own. */
export const PARTS_OF_OTHERS = [
  'queuedAgain',
  'transact',
  'transactOnce',
  'editFiles',
  // Once in the life of a restored database.
  'holdRestored',
  'isPostgres',
  'skipLocked',
  'leases',
  'leasedRows',
  'changeHeld',
  'mailGivenBack',
  'putBack',
  'settleHeld',
  'lock',
  'unparkJobs',
];
