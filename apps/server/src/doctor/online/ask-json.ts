/** One authenticated GET of an HTTP API, bounded in bytes and time. Follows no redirect, so that the key goes nowhere else. */
import { errorCode, parseJson, readBody } from '@tinyfat/core';

export interface AskOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
  fetch?: typeof fetch;
}

/** `body` is the parsed JSON, null where it is none. `why` is a clause for people. */
export type JsonAnswer =
  | { kind: 'answer'; status: number; body: unknown }
  | { kind: 'failed'; why: string; mend: string };

const MOST_BYTES = 1 << 20;

/** Asks once. Never rejects; no result contains the headers. */
export async function askJson({ url, headers, signal, fetch: ask = fetch }: AskOptions): Promise<JsonAnswer> {
  const { host } = new URL(url);
  try {
    const answer = await ask(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal,
    });
    if (answer.status >= 300 && answer.status < 400) {
      await answer.body?.cancel();
      return {
        kind: 'failed',
        why: `${host} redirects elsewhere`,
        mend: 'Write the address that it leads to.',
      };
    }
    const read = await readBody(answer.body, { maxBytes: MOST_BYTES });
    return {
      kind: 'answer',
      status: answer.status,
      body: read.ok ? (parseJson(new TextDecoder().decode(read.bytes)) ?? null) : null,
    };
  } catch (error) {
    return { kind: 'failed', ...explained(error instanceof Error ? (error.cause ?? error) : error, host) };
  }
}

function explained(error: unknown, host: string): { why: string; mend: string } {
  const code = errorCode(error);
  const network = 'Check the network of this machine, and the base URL.';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        why: `the name ${host} could not be resolved`,
        mend: 'Check the base URL, and the resolver of this machine.',
      };
    case 'ECONNREFUSED':
      return { why: `nothing takes connections at ${host}`, mend: network };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return { why: `${host} can not be reached (${code})`, mend: network };
    case 'CERT_HAS_EXPIRED':
      return { why: `the certificate of ${host} has expired`, mend: 'Is the clock of this machine right?' };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { why: `the certificate of ${host} is for another name`, mend: 'Check the base URL.' };
    default:
      if (/CERT|SELF_SIGNED|ISSUER|VERIFY/.test(code))
        return {
          why: `the certificate of ${host} is of no authority that is trusted here (${code})`,
          mend: 'Behind a proxy that opens TLS, or with a server of your own: NODE_EXTRA_CA_CERTS=/path/of/its/ca.pem.',
        };
      // The message of an error may repeat the URL, which may hold a password.
      return { why: `${host} could not be asked${code === '' ? '' : ` (${code})`}`, mend: network };
  }
}
