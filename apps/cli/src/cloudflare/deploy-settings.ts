/** What `tinyfat deploy cloudflare` is set to, by the environment. */
import {
  DEFAULT_DOMAIN,
  type Environment,
  readCommonSettings,
  readOidc,
  type SettingsReader,
  settingsReader,
  values,
} from '@tinyfat/settings';
import * as v from 'valibot';
import { CLOUDFLARE_API } from './api.ts';
import { SECRETS_OF } from './worker-configs.ts';

/** Who asks Cloudflare, and for which account. */
export interface DeployAccess {
  token: string;
  /** Null: the only one that the token reaches. */
  accountId: string | null;
  /** Where Cloudflare's API is. */
  apiUrl: string;
}

export interface DeploySettings extends DeployAccess {
  /** Null: the address of workers.dev. */
  hostname: string | null;
  /** Settings of the Workers that are no secrets. */
  vars: Record<string, string>;
  /** Secrets that are set, without the keys that are made where they are not. */
  secrets: Record<string, string>;
}

/** The settings, or every problem with them. */
export type ReadDeploySettings = { ok: true; settings: DeploySettings } | { ok: false; problems: string[] };

/** A turn must end within one call of the consumer, which has 15 minutes. */
const MOST_TURN_S = 720;
const ALL_SECRETS = new Set(Object.values(SECRETS_OF).flat());
/** Settings that only Workers have. */
const OF_WORKERS = ['PUBLIC_URL', 'DNS_OVER_HTTPS'];

const hostname = v.pipe(
  v.string(),
  v.regex(
    /^https:\/\/(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/,
    'must be https:// and a name of a zone of the account, such as https://agents.example.com',
  ),
);

/** The access alone. */
export function readDeployAccess(
  environment: Environment,
): { ok: true; access: DeployAccess } | { ok: false; problems: string[] } {
  const reader = settingsReader(environment);
  const access = accessOf(reader);
  return access === null ? { ok: false, problems: reader.problems } : { ok: true, access };
}

/** Null where there is a problem with it. */
function accessOf({ read, problems }: SettingsReader): DeployAccess | null {
  const before = problems.length;
  const token = read<string | null>('CLOUDFLARE_API_TOKEN', values.secret, null);
  if (token === null && problems.length === before)
    problems.push('CLOUDFLARE_API_TOKEN must be set: docs/cloudflare.md says which rights it needs.');
  const accountId = read<string | null>(
    'CLOUDFLARE_ACCOUNT_ID',
    v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')),
    null,
  );
  const apiUrl = read('CLOUDFLARE_API_BASE_URL', values.webUrl, CLOUDFLARE_API);
  return token === null || problems.length > before ? null : { token, accountId, apiUrl };
}

/** Reads and checks them. Messages repeat no secret. */
export function readDeploySettings(environment: Environment): ReadDeploySettings {
  const reader = settingsReader(environment);
  const common = readCommonSettings(reader);
  readOidc(reader);
  const { read, text, problems } = reader;
  const names = [...reader.names].filter((name) => !ALL_SECRETS.has(name));
  const access = accessOf(reader);
  const publicUrl = read<string | null>('PUBLIC_URL', hostname, null);
  if (text('DATABASE_URL') === null)
    problems.push('DATABASE_URL must be set to the Postgres database, such as one of Supabase.');
  read<string | null>('DNS_OVER_HTTPS', values.httpsUrl, null);
  const domain = text('MAIL_DOMAIN');
  if (domain === null || domain === DEFAULT_DOMAIN)
    problems.push('MAIL_DOMAIN must be set: agents get their addresses at it.');
  if (text('RESEND_API_KEY') === null && text('POSTMARK_SERVER_TOKEN') === null)
    problems.push('RESEND_API_KEY or POSTMARK_SERVER_TOKEN must be set: mail goes out through one of them.');
  if (text('SMTP_URL') !== null)
    problems.push('SMTP_URL does nothing on Cloudflare: Workers open no connections for mail. Unset it.');
  if (common.turnTimeoutMs > MOST_TURN_S * 1000)
    problems.push(`TURN_TIMEOUT_S must be at most ${MOST_TURN_S} on Cloudflare.`);
  if (problems.length > 0 || access === null) return { ok: false, problems };
  const set = (of: readonly string[]) =>
    Object.fromEntries(of.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  return {
    ok: true,
    settings: {
      ...access,
      hostname: publicUrl === null ? null : publicUrl.slice('https://'.length),
      vars: set([...names, ...OF_WORKERS]),
      secrets: set([...ALL_SECRETS]),
    },
  };
}
