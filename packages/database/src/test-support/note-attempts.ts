/** A process that notes attempts as fast as it can: `node note-attempts.ts DATABASE TIMES`; prints how many counted. */
import { openDatabaseAgain } from '@tinyfat/testing/fresh-database';
import { noteAttempt } from '../sign-in-attempts.ts';

const [path = '', times = '0'] = process.argv.slice(2);
const db = await openDatabaseAgain(path);
let noted = 0;
for (let at = 0; at < Number(times); at++) {
  const limit = { kind: 'mail_network' as const, subject: '192.0.2.7', most: 20, windowMs: 3_600_000 };
  if ((await noteAttempt(db, [limit], Date.now())) === null) noted++;
}
await db.destroy();
process.stdout.write(String(noted));
