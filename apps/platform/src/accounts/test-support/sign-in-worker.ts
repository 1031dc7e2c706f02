/** A Worker that takes one step of signing in with each invocation, as the platform does on Cloudflare. */
import { newId } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { wayTo } from '@tinyfat/testing/hyperdrive/fresh-database';
import type { Accounts } from '../contract.ts';
import { createAccounts } from '../create-accounts.ts';
import { signInKey } from '../sign-in-key.ts';

export const KEY = signInKey(new Uint8Array(32).fill(7));

/** The steps by their paths, with the parameter `of` of the URL. */
const STEPS: Readonly<
  Record<string, (accounts: Accounts, of: string, headers: Headers) => Promise<unknown>>
> = {
  '/ask': (accounts, address) => accounts.ask(address, '192.0.2.7'),
  '/confirm': (accounts, token, headers) => accounts.confirmLink(token, headers),
  '/visit': (accounts, _, headers) => accounts.visit(headers),
  '/sign-out': (accounts, _, headers) => accounts.signOut(headers),
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const db = openHyperdrive(wayTo(searchParams.get('database') ?? ''));
    try {
      const accounts = await accountsOver(db);
      const step = STEPS[pathname];
      return Response.json(await step?.(accounts, searchParams.get('of') ?? '', request.headers));
    } finally {
      await db.destroy();
    }
  },
};

async function accountsOver(db: Database): Promise<Accounts> {
  const randomBytes = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  return await createAccounts({
    db,
    signUp: 'open',
    adminEmails: [],
    clock: Date.now,
    makeId: () => newId(Date.now, randomBytes),
    randomBytes,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    publicUrl: new URL('https://agents.example'),
    key: KEY,
    networkOf: (address) => address,
    wakeUp: { wake() {} },
    oidc: null,
  });
}
