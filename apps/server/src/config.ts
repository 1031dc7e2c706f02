/**
 * The one place that reads the environment. Every variable is optional; a value that can't be used stops the
 * start and is named, never replaced by a default.
 */
import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { HostPattern } from '@tinyfat/core';
import {
  type CommonSettings,
  DEFAULT_DOMAIN,
  type Environment,
  type OidcSettings,
  readCommonSettings,
  readOidc,
  settingsReader,
} from '@tinyfat/settings';
import * as values from './config-values.ts';
import { loadAuthorities } from './files/tls-files.ts';
import type { StorageConfig } from './storage.ts';
import { readStorage } from './storage-config.ts';

export { DEFAULT_DOMAIN, type LogLevel } from '@tinyfat/settings';

/** What the embedded server is set to. Ports: 0 picks a free one, null listens nowhere. */
export interface Config extends CommonSettings {
  dataDir: string;
  /** Where agents' folders and raw mail lie; null = in the data folder. */
  storage: StorageConfig | null;
  /** Null = SQLite in the data folder. */
  database: DatabaseSettings | null;
  http: { host: string; port: number };
  /** Of health and metrics where a process serves no pages; null = nowhere. */
  healthPort: number | null;
  publicUrl: string;
  /** The OpenID provider that people may sign in by; null = by mail only. */
  oidc: OidcSettings | null;
  /** CIDR networks of proxies in front of the HTTP port, whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  smtp: { host: string; port: number | null; tls: { keyFile: string; certFile: string } | null };
  /** CIDR networks whose mail is not checked. */
  trustedClients: string[];
  /** `host:port` of resolvers; empty = the system's. */
  dnsServers: string[];
  /** Outgoing relay; null = a provider or the Maildir. */
  smtpUrl: string | null;
  /** PEM certificates of authorities that are trusted for the relay, beside those that Node trusts; null = none. */
  relayAuthorities: string | null;
  /** Hosts that agents may reach though they are not public; empty = none. */
  egressAllow: HostPattern[];
  workers: number;
  /** The server that commands ask over its API, with which token; no server = the data folder of this machine. */
  client: { server: string | null; token: string | null };
}

/** A Postgres database. The URLs are as `readPostgresAddress` takes them. */
export interface DatabaseSettings {
  /** May be a transaction pooler. */
  url: string;
  /** For migrations: not a pooler, or one that keeps the session. */
  directUrl: string;
  /** PEM certificates of the authorities of its certificate; null = those that Node trusts. */
  authorities: string | null;
}

/** The configuration, or every problem with it: variable, what is wrong, what to write. */
export type ReadConfig = { ok: true; config: Config } | { ok: false; problems: string[] };

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** Named in the design for later; a value would be taken for something that it does not do. */
const NOT_YET = ['WARM_SANDBOXES'];

/** Reads and checks the environment. Messages repeat no value that may be a secret. */
export function readConfig(environment: Environment): ReadConfig {
  const reader = settingsReader(environment);
  const { read, text, problems } = reader;
  const file = (name: string): string | null => {
    const path = text(name);
    if (path !== null && !isReadable(path)) problems.push(`${name}: the file can not be read.`);
    return path;
  };

  for (const name of NOT_YET) {
    if (text(name)) problems.push(`${name} is not supported by this version; unset it.`);
  }
  if (text('SANDBOX') && text('SANDBOX') !== 'bubblewrap') {
    problems.push('SANDBOX must be bubblewrap; other sandboxes are not supported by this version.');
  }
  const dataFolder = resolve(text('DATA_DIR') ?? './data');
  if (/^\/(usr|bin|sbin|lib|lib64)(\/|$)/.test(dataFolder)) {
    problems.push('DATA_DIR must not lie below /usr: sandboxes see that folder.');
  }
  const common = readCommonSettings(reader);
  const httpPort = read('PORT', values.port, 8025);
  const httpHost = read('HOST', values.host, '127.0.0.1');
  const smtpPort = read('SMTP_PORT', values.port, 2525);
  const keyFile = file('SMTP_TLS_KEY');
  const certFile = file('SMTP_TLS_CERT');
  if ((keyFile === null) !== (certFile === null)) {
    problems.push('SMTP_TLS_CERT and SMTP_TLS_KEY belong together; set both to files, or none.');
  }
  /** The certificates in the file of a variable, which is for what another variable names. */
  const authoritiesOf = (name: string, use: string, whose: string): string | null => {
    const path = text(name);
    if (path === null) return null;
    const loaded = loadAuthorities(name, path);
    if (!loaded.ok) problems.push(`${name} can not be used: ${loaded.reason} ${loaded.fix}`);
    else if (!text(use))
      problems.push(`${name} does nothing without ${use}: it is for the certificate of the ${whose}.`);
    return loaded.ok ? loaded.pem : null;
  };
  const relayUrl = read<string | null>('SMTP_URL', values.mailUrl, null);
  const databaseUrl = read<string | null>('DATABASE_URL', values.databaseUrl, null);
  const directUrl = read<string | null>('DATABASE_DIRECT_URL', values.databaseUrl, null);
  if (text('DATABASE_DIRECT_URL') && !text('DATABASE_URL')) {
    problems.push('DATABASE_DIRECT_URL does nothing without DATABASE_URL; set that one first.');
  }
  const databaseAuthorities = authoritiesOf('DATABASE_TLS_CA', 'DATABASE_URL', 'database');
  if (!isLoopback(httpHost) && !text('PUBLIC_URL')) {
    problems.push(
      'HOST is reachable from outside, so PUBLIC_URL must be set to the address that people use.',
    );
  }
  const config: Config = {
    ...common,
    dataDir: dataFolder,
    storage: readStorage(
      (name) => text(name) !== null,
      read,
      (problem) => problems.push(problem),
    ),
    database:
      databaseUrl === null
        ? null
        : { url: databaseUrl, directUrl: directUrl ?? databaseUrl, authorities: databaseAuthorities },
    http: { host: httpHost, port: httpPort },
    healthPort: read<number | null>('HEALTH_PORT', values.port, null),
    publicUrl: read('PUBLIC_URL', values.webUrl, `http://localhost:${httpPort}`),
    oidc: readOidc(reader),
    trustedProxies: read('TRUSTED_PROXIES', values.networks, []),
    smtp: {
      host: read('SMTP_HOST', values.host, '127.0.0.1'),
      port: smtpPort === 0 ? null : smtpPort,
      tls: keyFile && certFile ? { keyFile, certFile } : null,
    },
    trustedClients: read(
      'TRUSTED_CLIENTS',
      values.networks,
      common.mailDomain === DEFAULT_DOMAIN ? LOOPBACK : [],
    ),
    dnsServers: read('DNS_SERVERS', values.resolvers, []),
    smtpUrl: relayUrl,
    relayAuthorities: authoritiesOf('SMTP_TLS_CA', 'SMTP_URL', 'relay'),
    egressAllow: read<HostPattern[]>('EGRESS_ALLOW', values.egressAllow, []),
    workers: read('WORKERS', values.count(1024), availableParallelism()),
    client: {
      server: read<string | null>('TINYFAT_SERVER', values.serverUrl, null),
      token: read<string | null>('TINYFAT_TOKEN', values.token, null),
    },
  };
  const relayed = config.trustedClients.length > 0 || takesWebhooks(config.webhooks);
  if (config.trustedAuthservIds.length > 0 && !relayed) {
    problems.push(
      'TRUSTED_AUTHSERV_IDS does nothing without TRUSTED_CLIENTS or a webhook; name the relays whose mail carries these ids.',
    );
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

/** Whether mail, or the news of it, comes by a provider's webhook. */
export function takesWebhooks({
  resendSecrets,
  postmarkCredentials,
}: Pick<Config['webhooks'], 'resendSecrets' | 'postmarkCredentials'>): boolean {
  return resendSecrets.length + postmarkCredentials.length > 0;
}

/** Whether an address is reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
