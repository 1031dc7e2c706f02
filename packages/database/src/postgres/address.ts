/**
 * The URL of a Postgres database, read strictly and once: what is checked here is what is dialled. A connection to
 * another machine is encrypted and the server's certificate verified, unless the operator wrote `sslmode=disable`.
 */
import { isIPv6 } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type pg from 'pg';
import { asPostgresError } from '../postgres-faults.ts';

/** Where a database is, and as whom. */
export interface PostgresAddress {
  /** A name or an IP address; the folder of a Unix socket where it begins with a slash. */
  host: string;
  port: number;
  user: string;
  /** Null where the server asks for none. */
  password: string | null;
  database: string;
  /** `verify-full`: TLS with a certificate for `host` of a trusted authority. */
  tls: 'verify-full' | 'disable';
}

/** The address, or why the text is none: words that go on after the name of a variable. They hold no secret. */
export type ReadPostgresAddress = { ok: true; address: PostgresAddress } | { ok: false; reason: string };

const SCHEME = /^postgres(?:ql)?:\/\//;
const FORM =
  /^(?<user>[^:@/?#]+)(?::(?<password>[^:@/?#]*))?@(?<host>\[[0-9a-fA-F:.]+\]|[^:@/?#[\]]*)(?::(?<port>[0-9]{1,5}))?\/(?<database>[^:@/?#]+)(?:\?(?<query>[^?#]*))?$/;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i;
const EXAMPLE = 'write postgres://user:password@host:5432/database';
const LONGEST = 4096;
const NO_PASSWORD = 'none';
/** Modes of libpq that encrypt without knowing with whom, or not at all where the server does not want to. */
const UNVERIFIED = ['allow', 'prefer', 'require', 'verify-ca', 'no-verify'];

/** Reads `postgres://user:password@host:port/database?sslmode=…&host=/folder`. Never throws. */
export function readPostgresAddress(text: string): ReadPostgresAddress {
  if (text.length > LONGEST || !SCHEME.test(text)) return wrong(`is no address of a database; ${EXAMPLE}`);
  if (/[^\x21-\x7e]/.test(text)) return wrong(`has blanks or other characters that no URL has; ${EXAMPLE}`);
  if (/\[YOUR-PASSWORD\]|<.*>/i.test(text))
    return wrong('still has a placeholder where the password belongs');
  const found = FORM.exec(text.replace(SCHEME, ''))?.groups;
  if (!found)
    return wrong(`can not be read; ${EXAMPLE}, with % and two digits for : @ / ? # and % in a password`);
  const [user, password, database] = [found.user, found.password, found.database].map(decoded);
  if (!user || password === undefined || !database)
    return wrong(
      'has a % that is not followed by two hexadecimal digits, or a character that it may not mean',
    );
  const query = readQuery(found.query ?? '');
  if (!query.ok) return query;
  const host = hostOf(found.host ?? '', query.socket);
  if (host === null) return wrong(`names no host; ${EXAMPLE}, or ?host=/run/postgresql for a Unix socket`);
  const port = Number(found.port ?? 5432);
  if (port < 1 || port > 65535) return wrong('has a port that is none; write a number from 1 to 65535');
  const isHere = host.startsWith('/') || isLoopbackHost(host);
  const tls = query.tls ?? (isHere ? 'disable' : 'verify-full');
  if (host.startsWith('/') && tls !== 'disable')
    return wrong('asks for TLS on a Unix socket, which has none');
  return { ok: true, address: { host, port, user, password, database, tls } };
}

/** The address; throws where the text is none. */
export function addressOf(url: string): PostgresAddress {
  const read = readPostgresAddress(url);
  if (!read.ok) throw new Error(`The address of the database ${read.reason}.`);
  return read.address;
}

/** The address without its password, for a person. */
export function shownAddress({ host, port, user, database }: PostgresAddress): string {
  const where = host.startsWith('/')
    ? `${host}/.s.PGSQL.${port}`
    : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `database ${database} at ${where} as ${user}`;
}

/** For `pg`. `authorities`: PEM certificates that are trusted in the place of those that Node trusts; null = Node's. */
export function connectionTo(address: PostgresAddress, authorities: string | null): pg.ClientConfig {
  const { host, port, user, password, database, tls } = address;
  return {
    host,
    port,
    user,
    database,
    // As text an empty one would be looked for in the environment and in ~/.pgpass; and where the server asks for one
    // and there is none, `pg` would leave the connection open. A wrong one is refused by the server.
    password: () => password || NO_PASSWORD,
    application_name: 'tinyfat',
    keepAlive: true,
    ssl:
      tls === 'disable'
        ? false
        : {
            rejectUnauthorized: true,
            // `pg` says nothing to TLS of a host that is an IP address, for which Node would then check `localhost`.
            checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
            ...(authorities !== null && { ca: authorities }),
          },
  };
}

/** Does the work with that database; known faults get their code, and say what was asked. */
export async function during<Result>(address: PostgresAddress, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asPostgresError(error, shownAddress(address));
  }
}

function readQuery(
  text: string,
): { ok: true; tls: PostgresAddress['tls'] | null; socket: string | null } | { ok: false; reason: string } {
  let tls: PostgresAddress['tls'] | null = null;
  let socket: string | null = null;
  const seen = new Set<string>();
  for (const part of text === '' ? [] : text.split('&')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const plain = decoded(value);
    if (rest.length > 0 || plain === undefined || plain === null || seen.has(name))
      return wrong('has a part after the ? that can not be read, or stands twice');
    seen.add(name);
    if (name === 'host' && plain.startsWith('/')) socket = plain;
    else if (name === 'sslmode' && (plain === 'verify-full' || plain === 'disable')) tls = plain;
    else if (name === 'sslmode' && UNVERIFIED.includes(plain))
      return wrong(
        `has sslmode=${plain}, which does not find out who answers; leave it out for sslmode=verify-full, and name the authority in DATABASE_TLS_CA where Node does not know it`,
      );
    else
      return wrong(
        'has a part after the ? that is not understood; only sslmode=verify-full, sslmode=disable and host=/folder are',
      );
  }
  return { ok: true, tls, socket };
}

function hostOf(text: string, socket: string | null): string | null {
  if (socket !== null) return text === '' ? socket : null;
  const inner = text.startsWith('[') ? text.slice(1, -1).toLowerCase() : null;
  if (inner !== null) return isIPv6(inner) ? inner : null;
  return HOST_NAME.test(text) ? text.toLowerCase() : null;
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Undefined for what is not encoded as it should be; null for what is not there. */
function decoded(text: string | undefined): string | null | undefined {
  if (text === undefined) return null;
  try {
    const plain = decodeURIComponent(text);
    return plain.includes('\0') ? undefined : plain;
  } catch {
    return undefined;
  }
}

function wrong(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
