/** The settings that mean the same wherever tinyfat runs: on a machine, and on Workers. */
import {
  DEFAULT_LIMITS,
  type MailLimits,
  type MailProvider,
  type MasterKey,
  type MasterKeys,
  RETENTION_RULES,
  type RetentionDays,
  retentionDays,
  type WebhookSecret,
} from '@tinyfat/core';
import type { SettingsReader } from './reader.ts';
import * as values from './values.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface CommonSettings {
  /** Whose sessions and tokens may see everybody's agents; canonical addresses. */
  adminEmails: string[];
  /** Who may sign in besides admins: owners of agents, or everybody. */
  signUp: 'closed' | 'open';
  mailDomain: string;
  /** Whose Authentication-Results are believed in mail that a trusted client or a webhook hands on; lower case. */
  trustedAuthservIds: string[];
  /** Accepted mails beyond these wait for the owner. */
  limits: MailLimits;
  /** The HTTP API that mail goes out through; null = none. */
  mailProvider: MailProvider | null;
  webhooks: WebhookSettings;
  anthropic: { apiKey: string | null; baseUrl: string };
  /** What a month of all agents of one owner may cost, micro-dollars; null = no cap. `tinyfat budget` sets others. */
  ownerBudgetMicroUsd: number | null;
  /** Null where MASTER_KEYS is not set. */
  masterKeys: MasterKeys | null;
  /** Signs sessions; null where SIGN_IN_KEY is not set. */
  signInKey: MasterKey | null;
  /** Lets programs elsewhere read the metrics; null: only those on this machine can. */
  metricsToken: string | null;
  turnTimeoutMs: number;
  /** What an agent's folder may hold, bytes. */
  folderQuotaBytes: number;
  /** How long what is stored stays. */
  retention: RetentionDays;
  /** First wait before a job, a delivery or a model request is tried again; doubles. */
  retryBaseMs: number;
  logLevel: LogLevel;
}

/** An OpenID provider and what it knows this installation as. */
export interface OidcSettings {
  /** As the provider names itself (OpenID Connect Discovery 1.0, section 4.3). */
  issuer: string;
  clientId: string;
  clientSecret: string;
}

/**
 * What webhooks of the providers prove themselves with, any of several; empty = none are taken. And the hosts, each with
 * all below it, that stored messages of Resend are fetched from.
 */
export interface WebhookSettings {
  resendSecrets: WebhookSecret[];
  postmarkCredentials: string[];
  downloadHosts: string[];
}

/** The domain that mail gets nowhere from or to. */
export const DEFAULT_DOMAIN = 'tinyfat.localhost';

/** Resend says "signed CloudFront URL", and shows a host of its own. */
const RESEND_DOWNLOAD_HOSTS = ['resend.com', 'resend.app', 'cloudfront.net'];

/** At most one of them; with none mail goes nowhere but into a Maildir. */
const WAYS_OUT = ['SMTP_URL', 'RESEND_API_KEY', 'POSTMARK_SERVER_TOKEN'];

const MEGABYTE = 1_000_000;

/** Reads them; what is wrong is with the reader's problems. */
export function readCommonSettings({ read, text, problems }: SettingsReader): CommonSettings {
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
  return {
    adminEmails: read('ADMIN_EMAILS', values.addresses, []),
    signUp: read('SIGNUP', values.signUp, 'closed'),
    mailDomain: read('MAIL_DOMAIN', values.domain, DEFAULT_DOMAIN),
    trustedAuthservIds: read('TRUSTED_AUTHSERV_IDS', values.authservIds, []),
    limits: {
      senderHour: read('SENDER_MAILS_PER_HOUR', values.count(1_000_000), DEFAULT_LIMITS.senderHour),
      senderDay: read('SENDER_MAILS_PER_DAY', values.count(1_000_000), DEFAULT_LIMITS.senderDay),
      agentHour: read('AGENT_MAILS_PER_HOUR', values.count(1_000_000), DEFAULT_LIMITS.agentHour),
      agentDay: read('AGENT_MAILS_PER_DAY', values.count(1_000_000), DEFAULT_LIMITS.agentDay),
      waiting: DEFAULT_LIMITS.waiting,
    },
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
    signInKey: read<MasterKey | null>('SIGN_IN_KEY', values.oneKey, null),
    metricsToken: read<string | null>('METRICS_TOKEN', values.longSecret, null),
    turnTimeoutMs: read('TURN_TIMEOUT_S', values.count(86_400), 600) * 1000,
    folderQuotaBytes: read('AGENT_FOLDER_QUOTA_MB', values.count(100_000_000), 2000) * MEGABYTE,
    retention: retentionDays((kind) => {
      const { variable, days, least } = RETENTION_RULES[kind];
      return read<number | null>(variable, values.days(least), days);
    }),
    retryBaseMs: read('RETRY_BASE_MS', values.count(3_600_000), 5000),
    logLevel: read('LOG_LEVEL', values.level, 'info'),
  };
}

/** The OpenID provider that people may sign in by; null = by mail only. For processes that serve pages. */
export function readOidc({ read, problems }: Pick<SettingsReader, 'read' | 'problems'>): OidcSettings | null {
  const issuer = read<string | null>('OIDC_ISSUER', values.httpsUrl, null);
  const clientId = read<string | null>('OIDC_CLIENT_ID', values.secret, null);
  const clientSecret = read<string | null>('OIDC_CLIENT_SECRET', values.secret, null);
  if (issuer !== null && clientId !== null && clientSecret !== null)
    return { issuer, clientId, clientSecret };
  if (issuer !== null || clientId !== null || clientSecret !== null) {
    problems.push(
      'OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together; set all three, or none.',
    );
  }
  return null;
}
