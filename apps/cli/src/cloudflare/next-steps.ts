/** What is left to do by hand once an installation runs. */
import { RESEND_EVENTS } from '@tinyfat/core';
import type { DnsRow, DnsRows } from '@tinyfat/mail';
import type { DeploySettings } from './deploy-settings.ts';

/** Lines for the operator; `rows`: those of DNS, where the provider said which. */
export function nextSteps({ vars, secrets }: DeploySettings, url: string, rows: DnsRows): string[] {
  const domain = vars.MAIL_DOMAIN ?? '';
  const steps = [
    ...(secrets.RESEND_API_KEY === undefined ? postmarkSteps(url, secrets) : resendSteps(url, secrets)),
    dnsStep(domain, rows),
    `Sign in at ${url}${vars.ADMIN_EMAILS ? ` as ${vars.ADMIN_EMAILS}` : ' (set ADMIN_EMAILS to your address first, and run this again)'}.`,
    'Keep a copy of the keys, without which no stored key opens: DATA_DIR/master-keys and DATA_DIR/sign-in-key, unless they are set.',
  ];
  return ['', `It runs at ${url}. What is left:`, ...steps.map((step, index) => `  ${index + 1}. ${step}`)];
}

function dnsStep(domain: string, rows: DnsRows): string {
  const dmarc = `_dmarc.${domain}. TXT "v=DMARC1; p=reject"`;
  return rows === null
    ? `DNS of ${domain}: the rows that the provider shows for it, for receiving (MX) and sending (SPF, DKIM), and\n     ${dmarc}`
    : [`DNS of ${domain}, with names as Resend shows them:`, ...rows.map(rowText), dmarc].join('\n     ');
}

function rowText({ type, name, value, priority, status }: DnsRow): string {
  return `${name} ${type} ${priority === null ? '' : `${priority} `}${value}   (${status})`;
}

function resendSteps(url: string, secrets: Record<string, string>): string[] {
  const hook = `Webhook at Resend: ${url}/webhooks/resend, with the events ${RESEND_EVENTS.join(', ')}`;
  return secrets.RESEND_WEBHOOK_SECRET === undefined
    ? [`${hook}.\n     Then set RESEND_WEBHOOK_SECRET to its signing secret, and run this again.`]
    : [`${hook} (its secret is set).`];
}

function postmarkSteps(url: string, secrets: Record<string, string>): string[] {
  const place = `${url.replace('https://', 'https://user:password@')}/webhooks/postmark`;
  const hook = `Webhooks at Postmark, inbound (with the raw content) and for bounces: ${place}`;
  return secrets.POSTMARK_WEBHOOK_AUTH === undefined
    ? [`${hook}\n     Then set POSTMARK_WEBHOOK_AUTH to the same user:password, and run this again.`]
    : [`${hook} (they are set).`];
}
