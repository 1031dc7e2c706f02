/** The settings of the Worker, from its variables and secrets: named as in docs/environment.md, and meaning the same. */
import type { MailProvider, MasterKey } from '@tinyfat/core';
import {
  type CommonSettings,
  type OidcSettings,
  readCommonSettings,
  readOidc,
  settingsReader,
  webUrl,
} from '@tinyfat/settings';

export interface PlatformConfig extends CommonSettings {
  publicUrl: URL;
  signInKey: MasterKey;
  mailProvider: MailProvider;
  /** The OpenID provider that people may sign in by; null = by mail only. */
  oidc: OidcSettings | null;
  /** The operator's key pays for owners without one of their own; the key itself is with another Worker. */
  operatorPays: boolean;
}

/** Settings that can't be used. The message names each, and no value. */
export class WrongSettings extends Error {
  override name = 'WrongSettings';
}

/** Reads them; throws `WrongSettings`. Of what the Worker is given, only texts are settings. */
export function readConfig(given: object): PlatformConfig {
  const texts = Object.entries(given).filter(([, value]) => typeof value === 'string');
  const reader = settingsReader(Object.fromEntries(texts));
  const { problems } = reader;
  const common = readCommonSettings(reader);
  const publicUrl = reader.read<string | null>('PUBLIC_URL', webUrl, null);
  const oidc = readOidc(reader);
  const { signInKey, mailProvider } = common;
  for (const name of ['PUBLIC_URL', 'MAIL_DOMAIN', 'SIGN_IN_KEY']) {
    if (reader.text(name) === null) problems.push(`${name} must be set on Workers.`);
  }
  if (mailProvider === null) {
    problems.push(
      'RESEND_API_KEY or POSTMARK_SERVER_TOKEN must be set on Workers: no mail goes out otherwise.',
    );
  }
  if (problems.length > 0 || publicUrl === null || signInKey === null || mailProvider === null) {
    throw new WrongSettings(problems.join('\n'));
  }
  const operatorPays = reader.text('OPERATOR_PAYS') === 'yes';
  return { ...common, publicUrl: new URL(publicUrl), signInKey, mailProvider, oidc, operatorPays };
}
