/** What Postgres, a pooler or the way to them says is wrong, as a code of ours. */
import { type ErrorCode, errorCode, faultText, printableAscii, renderError } from '@tinyfat/core';

/** A database that can not be used. The message has its next step; `detail` is this case, and holds no secret. */
export class PostgresError extends Error {
  override name = 'PostgresError';
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, cause?: unknown) {
    super(renderError(code, detail), { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), and what Node says of connections. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  '28000': 'database_sign_in',
  '28P01': 'database_sign_in',
  '3D000': 'database_absent',
  '53300': 'database_connections',
  '57P01': 'database_unreachable',
  '57P02': 'database_unreachable',
  '57P03': 'database_unreachable',
  '42501': 'database_rights',
  '25006': 'database_read_only',
  '53100': 'database_read_only',
  ECONNREFUSED: 'database_unreachable',
  ECONNRESET: 'database_unreachable',
  EHOSTUNREACH: 'database_unreachable',
  ENETUNREACH: 'database_unreachable',
  ENOENT: 'database_unreachable',
  ENOTFOUND: 'database_unreachable',
  EAI_AGAIN: 'database_unreachable',
  EPIPE: 'database_unreachable',
  ETIMEDOUT: 'database_unreachable',
};
/** What OpenSSL and Node say of a certificate (nodejs.org/api/tls.html#x509-certificate-error-codes). */
const OF_CERTIFICATES =
  /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_)/;
/**
 * What Hyperdrive says by itself has this one, "system error"
 * (developers.cloudflare.com/hyperdrive/observability/troubleshooting).
 */
const OF_HYPERDRIVE = '58000';
/** What has no code, or one for everything: of `pg` 8.23, pgbouncer 1.18, Supabase's Supavisor, Hyperdrive and workerd. */
const WORDS: readonly [RegExp, ErrorCode][] = [
  [/does not support SSL connections/, 'database_no_tls'],
  [/SASL authentication failed|tenant or user not found|no such user/i, 'database_sign_in'],
  [/no such database|database "[^"]*" does not exist/i, 'database_absent'],
  [
    /max clients? (connections )?reached|max_client_conn|no more connections|failed to acquire a connection from the pool/i,
    'database_connections',
  ],
  [/connection terminated|timeout exceeded when trying to connect|timeout expired/i, 'database_unreachable'],
  [
    /connection attempt failed|network connection lost|cannot connect to the specified address/i,
    'database_unreachable',
  ],
  [
    /server login (failed|has been failing)|query_wait_timeout|server (connection )?(conn )?crashed|pgbouncer cannot connect/i,
    'database_unreachable',
  ],
];
const LONGEST = 200;

/** The code of what is wrong with the connection or the server; null for everything else, such as a broken statement. */
export function postgresFault(error: unknown): ErrorCode | null {
  if (error instanceof PostgresError) return error.code;
  const [first] = error instanceof AggregateError ? error.errors : [];
  const code = errorCode(error) || errorCode(first);
  if (Object.hasOwn(CODES, code)) return CODES[code] ?? null;
  if (OF_CERTIFICATES.test(code)) return 'database_certificate';
  if (!(error instanceof Error)) return null;
  const found = WORDS.find(([words]) => words.test(error.message))?.[1];
  return found ?? (code === OF_HYPERDRIVE ? 'database_unreachable' : null);
}

/** The error with its code and what was asked (`shownAddress`), where the fault is a known one; else itself. */
export function asPostgresError(error: unknown, asked: string): unknown {
  const code = postgresFault(error);
  if (code === null || error instanceof PostgresError) return error;
  return new PostgresError(code, `${asked}: ${wordsOf(error)}`, error);
}

/** A fault for the log: of a server that can not be used what it is and what to do, else the stack. Never throws. */
export function databaseFaultText(error: unknown): string {
  const code = postgresFault(error);
  if (code === null) return faultText(error);
  return error instanceof PostgresError ? error.message : renderError(code, wordsOf(error));
}

function wordsOf(error: unknown): string {
  const message =
    error instanceof AggregateError ? errorCode(error) : error instanceof Error ? error.message : '';
  return printableAscii(message, LONGEST);
}
