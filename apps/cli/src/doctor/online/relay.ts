/** Does the relay take connections and the login? No message is begun. */
import { checkRelay } from '@tinyfat/mail';
import { type Config, isLoopback } from '../../config.ts';
import { broken, type Check, note, ok } from '../finding.ts';

const NAME = 'relay';
/** Ms, less than a check has. */
const WITHIN_MS = 8000;

/** Only where SMTP_URL is set. */
export function relayCheck({ smtpUrl, mailDomain }: Pick<Config, 'smtpUrl' | 'mailDomain'>): Check {
  return {
    name: NAME,
    async look() {
      if (smtpUrl === null) return [];
      const checked = await checkRelay({ url: smtpUrl, hostname: mailDomain, withinMs: WITHIN_MS });
      if (!checked.ok) return broken(NAME, checked.reason, checked.fix);
      if (checked.encrypted || isLoopback(new URL(smtpUrl).hostname)) return ok(NAME, checked.detail);
      return note(
        NAME,
        checked.detail,
        'Ask whoever runs it for STARTTLS, or use its TLS port (smtps://host:465).',
      );
    },
  };
}
