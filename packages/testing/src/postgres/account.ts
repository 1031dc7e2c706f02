/** Who runs a server that refuses to be run by root. */
import { readFileSync } from 'node:fs';

export interface Account {
  uid: number;
  gid: number;
}

/** Null: this process's own. As root: `nobody`, or else the first account of /etc/passwd that isn't root. */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const account = accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  if (account === undefined) throw new Error('Postgres is not run by root, and /etc/passwd has nobody else');
  return { uid: account.uid, gid: account.gid };
}
