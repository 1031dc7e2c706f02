/**
 * The one place that reads the environment. Every variable is optional; a value that can't be used stops the
 * start and is named, never replaced by a default.
 */
import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import {
  DEFAULT_LIMITS,
  type HostPattern,
  type MailLimits,
  type MasterKeys,
  RETENTION_RULES,
  type RetentionDays,
  retentionDays,
  type WebhookSecret,
} from '@tinyfat/core';
import * as v from 'valibot';
import * as values from './config-values.ts';
import { loadAuthorities } from './files/tls-files.ts';
import type { StorageConfig } from './storage.ts';
import { readStorage } from './storage-config.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the embedded server is set to. Ports: 0 picks a free one, null listens nowhere. */
export interface Config {
  dataDir: string;
  /** Where agents' folders and raw mail lie; null = in the data folder. */
  storage: StorageConfig | null;
  /** Null = SQLite in the data folder. */
  database: DatabaseSettings | null;
  http: { host: string; port: number };
  publicUrl: string;
  /** CIDR networks of proxies in front of the HTTP port, whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** Whose sessions and tokens may see everybody's agents; canonical addresses. */
  adminEmails: string[];
  /** Who may sign in besides admins: owners of agents, or everybody. */
  signUp: 'closed' | 'open';
  smtp: { host: string; port: number | null; tls: { keyFile: string; certFile: string } | null };
  mailDomain: string;
  /** CIDR networks whose mail is not checked. */
  trustedClients: string[];
  /** Whose Authentication-Results are believed in mail that a trusted client or a webhook hands on; lower case. */
  trustedAuthservIds: string[];
  /** Accepted mails beyond these wait for the owner. */
  limits: MailLimits;
  /** `host:port` of resolvers; empty = the system's. */
  dnsServers: string[];
  /** Outgoing relay; null = a provider or the Maildir. */
  smtpUrl: string | null;
  /** PEM certificates of authorities that are trusted for the relay, beside those that Node trusts; null = none. */
  relayAuthorities: string | null;
  /** The HTTP API that mail goes out through; null = relay or Maildir. */
  mailProvider: MailProvider | null;
  /**
   * What webhooks of the providers prove themselves with, any of several; empty = none are taken. And the hosts, each
   * with all below it, that stored messages of Resend are fetched from.
   */
  webhooks: { resendSecrets: WebhookSecret[]; postmarkCredentials: string[]; downloadHosts: string[] };
  anthropic: { apiKey: string | null; baseUrl: string };
  /** What a month of all agents of one owner may cost, micro-dollars; null = no cap. `tinyfat budget` sets others. */
  ownerBudgetMicroUsd: number | null;
  /** Null = those of the generated file in the data folder. */
  masterKeys: MasterKeys | null;
  /** Hosts that agents may reach though they are not public; empty = none. */
  egressAllow: HostPattern[];
  turnTimeoutMs: number;
  /** What an agent's folder may hold, bytes. */
  folderQuotaBytes: number;
  /** How long what is stored stays. */
  retention: RetentionDays;
  /** First wait before a job, a delivery or a model request is tried again; doubles. */
  retryBaseMs: number;
  workers: number;
  logLevel: LogLevel;
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

/** A mail provider with an HTTP API. The base URL has no slash at its end. */
export interface MailProvider {
  kind: 'resend' | 'postmark';
  key: string;
  baseUrl: string;
}

/** The configuration, or every problem with it: variable, what is wrong, what to write. */
export type ReadConfig = { ok: true; config: Config } | { ok: false; problems: string[] };

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** The domain that mail gets nowhere from or to. */
export const DEFAULT_DOMAIN = 'tinyfat.localhost';

/** Named in the design for later; a value would be taken for something that it does not do. */
const NOT_YET = ['WARM_SANDBOXES'];

/** Resend says "signed CloudFront URL", and shows a host of its own. */
const RESEND_DOWNLOAD_HOSTS = ['resend.com', 'resend.app', 'cloudfront.net'];

/** At most one of them; with none mail goes into the Maildir. */
const WAYS_OUT = ['SMTP_URL', 'RESEND_API_KEY', 'POSTMARK_SERVER_TOKEN'];

const MEGABYTE = 1_000_000;

/** Reads and checks the environment. Messages repeat no value that may be a secret. */
export function readConfig(environment: Environment): ReadConfig {
  const problems: string[] = [];
  const read = <Value>(name: string, schema: v.GenericSchema<string, Value>, fallback: Value): Value => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const parsed = v.safeParse(schema, text);
    if (parsed.success) return parsed.output;
    problems.push(`${name} ${parsed.issues[0]?.message ?? 'can not be used'}.`);
    return fallback;
  };
  const text = (name: string): string | null => environment[name] || null;
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
  const resendKey = read<string | null>('RESEND_API_KEY', values.secret, null);
  const resendUrl = read('RESEND_BASE_URL', values.webUrl, 'https://api.resend.com');
  const postmarkToken = read<string | null>('POSTMARK_SERVER_TOKEN', values.secret, null);
  const postmarkUrl = read('POSTMARK_BASE_URL', values.webUrl, 'https://api.postmarkapp.com');
  const waysOut = WAYS_OUT.filter((name) => text(name) !== null);
  if (waysOut.length > 1) {
    problems.push(`${waysOut.join(' and ')}: mail goes out one way only; set one of them.`);
  }
  const resendSecrets = read<WebhookSecret[]>('RESEND_WEBHOOK_SECRET', values.webhookSecrets, []);
  const postmarkCredentials = read<string[]>('POSTMARK_WEBHOOK_AUTH', values.credentials, []);
  if (resendSecrets.length > 0 && !text('RESEND_API_KEY')) {
    problems.push(
      'RESEND_WEBHOOK_SECRET needs RESEND_API_KEY: a webhook only tells of a mail, which is then asked for.',
    );
  }
  const mailDomain = read('MAIL_DOMAIN', values.domain, DEFAULT_DOMAIN);
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
    publicUrl: read('PUBLIC_URL', values.webUrl, `http://localhost:${httpPort}`),
    trustedProxies: read('TRUSTED_PROXIES', values.networks, []),
    adminEmails: read('ADMIN_EMAILS', values.addresses, []),
    signUp: read('SIGNUP', values.signUp, 'closed'),
    smtp: {
      host: read('SMTP_HOST', values.host, '127.0.0.1'),
      port: smtpPort === 0 ? null : smtpPort,
      tls: keyFile && certFile ? { keyFile, certFile } : null,
    },
    mailDomain,
    trustedClients: read('TRUSTED_CLIENTS', values.networks, mailDomain === DEFAULT_DOMAIN ? LOOPBACK : []),
    trustedAuthservIds: read('TRUSTED_AUTHSERV_IDS', values.authservIds, []),
    limits: {
      senderHour: read('SENDER_MAILS_PER_HOUR', values.count(1_000_000), DEFAULT_LIMITS.senderHour),
      senderDay: read('SENDER_MAILS_PER_DAY', values.count(1_000_000), DEFAULT_LIMITS.senderDay),
      agentHour: read('AGENT_MAILS_PER_HOUR', values.count(1_000_000), DEFAULT_LIMITS.agentHour),
      agentDay: read('AGENT_MAILS_PER_DAY', values.count(1_000_000), DEFAULT_LIMITS.agentDay),
      waiting: DEFAULT_LIMITS.waiting,
    },
    dnsServers: read('DNS_SERVERS', values.resolvers, []),
    smtpUrl: relayUrl,
    relayAuthorities: authoritiesOf('SMTP_TLS_CA', 'SMTP_URL', 'relay'),
    mailProvider: resendKey
      ? { kind: 'resend', key: resendKey, baseUrl: resendUrl }
      : postmarkToken
        ? { kind: 'postmark', key: postmarkToken, baseUrl: postmarkUrl }
        : null,
    webhooks: {
      resendSecrets,
      postmarkCredentials,
      downloadHosts: read('RESEND_DOWNLOAD_HOSTS', values.hostNames, RESEND_DOWNLOAD_HOSTS),
    },
    anthropic: {
      apiKey: read<string | null>('ANTHROPIC_API_KEY', values.secret, null),
      baseUrl: read('ANTHROPIC_BASE_URL', values.webUrl, 'https://api.anthropic.com'),
    },
    ownerBudgetMicroUsd: read<number | null>('OWNER_BUDGET_USD', values.usd, null),
    masterKeys: read<MasterKeys | null>('MASTER_KEYS', values.masterKeys, null),
    egressAllow: read<HostPattern[]>('EGRESS_ALLOW', values.egressAllow, []),
    turnTimeoutMs: read('TURN_TIMEOUT_S', values.count(86_400), 600) * 1000,
    folderQuotaBytes: read('AGENT_FOLDER_QUOTA_MB', values.count(100_000_000), 2000) * MEGABYTE,
    retention: retentionDays((kind) => {
      const { variable, days, least } = RETENTION_RULES[kind];
      return read<number | null>(variable, values.days(least), days);
    }),
    retryBaseMs: read('RETRY_BASE_MS', values.count(3_600_000), 5000),
    workers: read('WORKERS', values.count(1024), availableParallelism()),
    logLevel: read('LOG_LEVEL', values.level, 'info'),
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
