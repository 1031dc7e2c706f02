/** Does the relay take connections and the login? No message is begun. */
import { isLoopbackHostname } from '@tinyfat/core';
import type { Config } from '../../config.ts';
import { relayCheckOf } from '../../parts/mail-transport.ts';
import { broken, type Check, note, ok } from '../finding.ts';

/** Only where SMTP_URL is set. */
export function relayCheck(config: Pick<Config, 'smtpUrl' | 'relayAuthorities' | 'mailDomain'>): Check {
  const { smtpUrl } = config;
  return {
    name: 'relay',
    async look() {
      const checked = await relayCheckOf(config)?.();
      if (smtpUrl === null || checked === undefined) return [];
      if (!checked.ok) return broken(checked.reason, checked.fix);
      if (checked.encrypted || isLoopbackHostname(new URL(smtpUrl).hostname)) return ok(checked.detail);
      return note(
        checked.detail,
        'Ask whoever runs it for STARTTLS, or use its TLS port (smtps://host:465).',
      );
    },
  };
}
