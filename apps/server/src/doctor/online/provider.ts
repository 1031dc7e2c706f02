/** Does the provider that sends the mail take the key, and may MAIL_DOMAIN send there? Asks by GET, and sends nothing. */

import type { MailProvider } from '@tinyfat/core';
import * as v from 'valibot';
import type { Config } from '../../config.ts';
import { broken, type Check, note, type Observation, ok } from '../finding.ts';
import { type AskOptions, askJson, type JsonAnswer } from './ask-json.ts';

const Failure = v.object({
  name: v.optional(v.pipe(v.string(), v.maxLength(100)), ''),
  message: v.optional(v.pipe(v.string(), v.maxLength(2000)), ''),
});
const Domains = v.object({ data: v.array(v.object({ name: v.string(), status: v.string() })) });
const Server = v.object({
  Name: v.string(),
  RawEmailEnabled: v.optional(v.boolean(), true),
});

/** Only where RESEND_API_KEY or POSTMARK_SERVER_TOKEN is set. */
export function providerCheck(config: Pick<Config, 'mailProvider' | 'mailDomain' | 'webhooks'>): Check {
  return {
    name: 'mail provider',
    async look(signal) {
      const provider = config.mailProvider;
      if (provider === null) return [];
      const answer = await askJson({ ...question(provider), signal });
      if (answer.kind === 'failed') return broken(answer.why, answer.mend);
      return provider.kind === 'resend'
        ? ofResend(answer, provider, config)
        : ofPostmark(answer, provider, config.webhooks.postmarkCredentials.length > 0);
    },
  };
}

function question({ kind, key, baseUrl }: MailProvider): Pick<AskOptions, 'url' | 'headers'> {
  if (kind === 'resend')
    return {
      url: `${baseUrl}/domains?limit=100`,
      headers: { authorization: `Bearer ${key}`, 'user-agent': 'tinyfat' },
    };
  return { url: `${baseUrl}/server`, headers: { 'x-postmark-server-token': key } };
}

type Answered = Extract<JsonAnswer, { kind: 'answer' }>;

function ofResend(
  { status, body }: Answered,
  { key }: MailProvider,
  { mailDomain, webhooks }: Pick<Config, 'mailDomain' | 'webhooks'>,
): Observation {
  const failure = v.safeParse(Failure, body);
  const name = failure.success ? failure.output.name : '';
  if (name === 'restricted_api_key') {
    if (webhooks.resendSecrets.length === 0) return ok('Resend takes the key, which may send only');
    return broken(
      'the key may send only, and mail that comes in is fetched with it',
      'Make a key with full access at Resend, and restart.',
    );
  }
  if (status !== 200) return refused('Resend', 'RESEND_API_KEY', status, body, key);
  const domains = v.safeParse(Domains, body);
  if (!domains.success) return note('Resend takes the key; its list of domains could not be read', null);
  const domain = domains.output.data.find((one) => one.name.toLowerCase() === mailDomain);
  if (domain === undefined)
    return broken(
      `Resend takes the key, and does not know the domain ${mailDomain}`,
      'Add and verify it there: docs/self-host.md, "Resend".',
    );
  if (domain.status !== 'verified')
    return broken(
      `${mailDomain} is ${domain.status.slice(0, 40)} at Resend`,
      'Set the DNS records that it shows, and let it verify them.',
    );
  return ok(`Resend takes the key, and ${mailDomain} is verified`);
}

function ofPostmark({ status, body }: Answered, { key }: MailProvider, receives: boolean): Observation {
  if (status !== 200) return refused('Postmark', 'POSTMARK_SERVER_TOKEN', status, body, key);
  const server = v.safeParse(Server, body);
  if (!server.success)
    return note('Postmark takes the token; what it says of the server could not be read', null);
  if (receives && !server.output.RawEmailEnabled)
    return broken(
      `Postmark takes the token, and hands mail on without its raw content`,
      'Switch on "Include raw email content in JSON payload" in the settings of the inbound stream.',
    );
  return ok(`Postmark takes the token of the server ${server.output.Name.slice(0, 60)}`);
}

function refused(
  provider: string,
  variable: string,
  status: number,
  body: unknown,
  key: string,
): Observation {
  // Postmark writes its fields with a capital.
  const message =
    typeof body === 'object' && body !== null && 'Message' in body ? String(body.Message) : null;
  const failure = v.safeParse(Failure, body);
  const words = (message ?? (failure.success ? failure.output.message : ''))
    .slice(0, 200)
    .replaceAll(key, '(key)');
  const said = words === '' ? `${status}` : `${status}: ${words}`;
  if (status === 429 || status >= 500)
    return note(`not known: ${provider} answered ${said}`, 'Try again later.');
  return broken(
    `${provider} refuses it (${said})`,
    `Make a new one at ${provider}, set ${variable}, and restart.`,
  );
}
