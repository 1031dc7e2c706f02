/** What admins see of the server's health: readiness, and what else was looked at. */
import type { WebhookSettings } from '@tinyfat/settings';
import type { HealthReport } from '../api/deps.ts';
import type { Readiness } from './readiness.ts';

/**
 * Readiness as findings, with others behind it; one that works stands back behind another of its name, which says more. Nobody
 * else was asked.
 */
export function healthReport(
  { ready, checks, warnings }: Readiness,
  others: readonly HealthReport['findings'][number][],
  seeAlso: string,
): HealthReport {
  const said = Object.entries(checks).map(([check, found]) => ({
    check,
    state: found === 'ok' ? ('ok' as const) : ('broken' as const),
    found: found === 'ok' ? 'works' : found,
    mend: null,
  }));
  const warned = Object.entries(warnings).map(([check, found]) => ({
    check: check.replaceAll('_', ' '),
    state: 'note' as const,
    found,
    mend: null,
  }));
  const looked = others.map(({ check, state, found, mend }) => ({ check, state, found, mend }));
  const named = new Set([...warned, ...looked].map(({ check }) => check));
  const shown = said.filter(({ check, state }) => state !== 'ok' || !named.has(check));
  return { ready, findings: [...shown, ...warned, ...looked], online: false, see_also: seeAlso };
}

/** Whose webhooks are taken: those that the server knows a secret of. */
export function takesWebhooks({
  resendSecrets,
  postmarkCredentials,
}: Pick<WebhookSettings, 'resendSecrets' | 'postmarkCredentials'>): Record<'resend' | 'postmark', boolean> {
  return { resend: resendSecrets.length > 0, postmark: postmarkCredentials.length > 0 };
}
