/** Who may sign in, and as what. Checked at every request, so that a right that is taken away is gone at once. */
import { type Database, ownsAgent } from '@tinyfat/database';
import type { Viewer } from './contract.ts';

/** `closed`: those who own an agent, and the admins. `open`: everybody with an address. */
export type SignUp = 'closed' | 'open';

export interface AdmissionOfPeople {
  db: Database;
  signUp: SignUp;
  /** Canonical. */
  adminEmails: readonly string[];
}

/** The person behind an address, or null for one who may not be here. */
export async function viewerOf(
  { db, signUp, adminEmails }: AdmissionOfPeople,
  address: string,
): Promise<Viewer | null> {
  const isAdmin = adminEmails.includes(address);
  // The database is asked in any case: the time must not tell who is an admin.
  const owns = await ownsAgent(db, address);
  return isAdmin || owns || signUp === 'open' ? { address, isAdmin } : null;
}
