/** Accounts over a real database, with a clock that can be turned. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@tinyfat/core';
import { type Database, insertAgent, type SignInRequest } from '@tinyfat/database';
import { clientNetwork } from '@tinyfat/mail/network';
import type { OidcSettings } from '@tinyfat/settings';
import { openDatabaseAgain, openFreshDatabase } from '@tinyfat/testing/fresh-database';
import type { Accounts, Cookies, SignInOutcome } from '../contract.ts';
import { createAccounts } from '../create-accounts.ts';
import { type SignInKey, signInKey } from '../sign-in-key.ts';
import type { SignUp } from '../who-may-sign-in.ts';

export const ANN = 'ann@example.com';
export const BOB = 'bob@example.com';
export const ADMIN = 'root@example.com';
export const STRANGER = 'stranger@example.net';
export const CLIENT = '192.0.2.7';

export interface AccountsFixture {
  accounts: Accounts;
  db: Database;
  key: SignInKey;
  log: string[];
  /** Epoch ms; change it to let time pass. */
  now: number;
  /** Mails that were asked to be sent. */
  wakes: number;
  /** A second server process on the same database. */
  another(change?: {
    signUp?: SignUp;
    adminEmails?: string[];
    publicUrl?: string;
    oidc?: OidcSettings;
  }): Promise<Accounts>;
  /** Asks for a mail, and gives the browser that did and the request. */
  ask(address: string, client?: string): Promise<{ browser: Headers; request: SignInRequest; token: string }>;
  /** Signs in by link, in a browser of its own. */
  signIn(address: string): Promise<Headers>;
  request(address: string): Promise<SignInRequest | undefined>;
  addAgent(name: string, owner: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Opens it: Ann and Bob own an agent each, sign-up is closed. */
export async function openAccounts(publicUrl = 'https://agents.example'): Promise<AccountsFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-accounts-'));
  const path = join(folder, 'tinyfat.sqlite');
  const db = await openFreshDatabase(path);
  const key = signInKey(new Uint8Array(randomBytes(32)));
  const log: string[] = [];
  const line = (event: string, fields: object = {}) => void log.push(`${event} ${JSON.stringify(fields)}`);
  const others: Database[] = [];
  const make = async (
    database: Database,
    change: { signUp?: SignUp; adminEmails?: string[]; publicUrl?: string; oidc?: OidcSettings },
  ) =>
    await createAccounts({
      db: database,
      signUp: change.signUp ?? 'closed',
      adminEmails: change.adminEmails ?? [ADMIN],
      clock: () => fixture.now,
      makeId: () => newId(Date.now, randomBytes),
      randomBytes,
      logger: { debug: line, info: line, warn: line, error: line },
      publicUrl: new URL(change.publicUrl ?? publicUrl),
      key,
      networkOf: clientNetwork,
      oidc: change.oidc ?? null,
      wakeUp: {
        wake: () => {
          fixture.wakes++;
        },
      },
    });
  const fixture: AccountsFixture = {
    accounts: undefined as unknown as Accounts,
    db,
    key,
    log,
    now: Date.now(),
    wakes: 0,
    async another(change = {}) {
      const database = await openDatabaseAgain(path);
      others.push(database);
      return await make(database, change);
    },
    async ask(address, client = CLIENT) {
      const browser = browserWith(await fixture.accounts.ask(address, client));
      const request = await fixture.request(address);
      if (!request) throw new Error('there is no request');
      return { browser, request, token: await key.linkToken(request.id) };
    },
    async signIn(address) {
      const { token } = await fixture.ask(address);
      return browserWith(await fixture.accounts.confirmLink(token, new Headers()));
    },
    request: async (address) =>
      await db.selectFrom('sign_in_requests').selectAll().where('address', '=', address).executeTakeFirst(),
    async addAgent(name, owner) {
      await insertAgent(db, { id: `agent-${name}`, name, owner, created_at: 1 }, []);
    },
    async dispose() {
      for (const database of others) await database.destroy();
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
  fixture.accounts = await make(db, {});
  await fixture.addAgent('scout', ANN);
  await fixture.addAgent('clerk', BOB);
  return fixture;
}

/** What a browser sends after it was given these cookies. */
export function browserWith(outcome: SignInOutcome | Cookies, before?: Headers): Headers {
  const cookies = 'ok' in outcome ? (outcome.ok ? outcome.cookies : null) : outcome;
  if (cookies === null) throw new Error(`refused: ${JSON.stringify(outcome)}`);
  const jar = new Map<string, string>();
  for (const pair of [
    ...(before?.get('cookie')?.split('; ') ?? []),
    ...cookies.map((one) => one.split(';')[0] ?? ''),
  ]) {
    const at = pair.indexOf('=');
    jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const kept = [...jar].filter(([, value]) => value !== '').map(([name, value]) => `${name}=${value}`);
  return new Headers(kept.length > 0 ? { cookie: kept.join('; ') } : {});
}
