/** Whether the database takes a write, by one that goes to disk and leaves nothing behind. */
import type { Database } from './sqlite.ts';

/** Rejects where it does not: the disk is full or read-only, the file is damaged. */
export async function testWrite(db: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // A subject that no attempt has. An update that changes nothing would write nothing.
    const row = { kind: 'code_network', subject: '', at: 0 } as const;
    await tx.insertInto('sign_in_attempts').values(row).execute();
    await tx.deleteFrom('sign_in_attempts').where('subject', '=', '').execute();
  });
}
