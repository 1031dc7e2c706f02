/**
 * The effect of a report on a delivery: the mail came back or is late (RFC 3464), or a recipient complained (RFC 5965). A
 * report is not authenticated, so it counts only for recipients of the delivery, its words are cut and made printable, and at
 * most it has further mail to those recipients await approval.
 */
import { canonicalAddress } from '../admission/canonical-address.ts';
import { isComplaint, isHardBounce, type MailReport } from '../admission/report.ts';
import type { RefusedRecipient } from '../ports/mail-transport.ts';
import { printableAscii } from '../text/log-text.ts';

/** A delivery as far as a report can concern it. */
export interface ReportedDelivery {
  state: 'sending' | 'sent' | 'uncertain' | 'bounced';
  /** Canonical. */
  recipients: readonly string[];
  reason: string | null;
}

/** A recipient whom mail does not reach, or who does not want it. */
interface Suppression {
  /** Canonical. */
  address: string;
  code: 'bounced' | 'complained';
  /** Printable ASCII. */
  reason: string;
}

interface ReportEffect {
  /** The state becomes `bounced`; false leaves it as it is. */
  bounced: boolean;
  /** The new reason of the delivery; null where the report says nothing that was not known. */
  reason: string | null;
  /** Empty where the report is not new: a copy of an old one does not suppress again whom the owner has unsuppressed. */
  suppressed: Suppression[];
  /** What the report says about this delivery. */
  summary: string;
}

/** Longest foreign text of one statement, and longest reason of a delivery; characters. */
const MAX_DETAIL_LENGTH = 300;
const MAX_REASON_LENGTH = 2000;
/** Entries of one report that are looked at; a mail of ours has at most 20 recipients. */
const MAX_ENTRIES = 100;

type Report<Kind extends MailReport['kind']> = Extract<MailReport, { kind: Kind }>;

/** One statement of a report; `none` is good news, which is not recorded. */
interface Statement {
  text: string;
  effect: 'bounced' | 'noted' | 'none';
  suppression?: Suppression;
}

/** Null where the report says nothing about a recipient of the delivery. */
export function reportEffect(report: MailReport, delivery: ReportedDelivery): ReportEffect | null {
  const statements = report.kind === 'feedback' ? feedback(report, delivery) : outcomes(report, delivery);
  if (statements.length === 0) return null;
  const bounced = statements.some(({ effect }) => effect === 'bounced');
  // A mail that came back was sent, so a reason that doubts it is outdated.
  const outdated = bounced && (delivery.state === 'sending' || delivery.state === 'uncertain');
  const before = outdated ? '' : (delivery.reason ?? '');
  const reason = joined(
    before,
    statements.filter(({ effect }) => effect !== 'none'),
  );
  const known = reason === before && (!bounced || delivery.state === 'bounced');
  return {
    bounced,
    reason: known ? null : reason,
    suppressed: known ? [] : statements.flatMap(({ suppression }) => suppression ?? []),
    summary: joined('', statements),
  };
}

/** Recipients that a provider refused in the session as hard bounces. */
export function hardRefusals(
  refused: readonly RefusedRecipient[],
  recipients: readonly string[],
): Suppression[] {
  return refused.flatMap(({ address, reason }) => {
    const recipient = recipientAmong([address], recipients);
    if (recipient === null || !isHardBounce(null, reason)) return [];
    return [{ address: recipient, code: 'bounced' as const, reason: printable(reason) }];
  });
}

/** Why mail to suppressed people waits: a sentence about each. */
export function suppressedReason(suppressed: readonly Suppression[]): string {
  const sentences = suppressed.map(({ address, code, reason }) =>
    sentence(code === 'bounced' ? `Mail to ${address} came back: ${reason}` : `${address} ${reason}`),
  );
  return sentences.join(' ');
}

function outcomes(report: Report<'delivery'>, { recipients }: ReportedDelivery): Statement[] {
  return report.recipients
    .slice(0, MAX_ENTRIES)
    .flatMap(({ addresses, action, status, diagnostic, dead }): Statement[] => {
      const address = recipientAmong(addresses, recipients);
      if (address === null) return [];
      const cause = status === null || diagnostic.includes(status) ? diagnostic : `${status} ${diagnostic}`;
      const detail = printable(cause) || 'no reason given';
      if (action !== 'failed') {
        const effect = action === 'delayed' ? 'noted' : 'none';
        return [{ text: sentence(`${address}: ${printable(action)}, ${detail}`), effect }];
      }
      const text = sentence(`${address}: ${detail}`);
      if (!(dead ?? isHardBounce(status, diagnostic))) return [{ text, effect: 'bounced' }];
      return [{ text, effect: 'bounced', suppression: { address, code: 'bounced', reason: detail } }];
    });
}

/** Feedback on a mail with one recipient is theirs, named or not: reports often leave the name out (RFC 6590). */
function feedback(report: Report<'feedback'>, { recipients }: ReportedDelivery): Statement[] {
  const entries = report.recipients.slice(0, MAX_ENTRIES);
  const named = entries.flatMap((address) => recipientAmong([address], recipients) ?? []);
  const people = named.length === 0 && recipients.length === 1 ? recipients : named;
  const type = printable(report.feedbackType);
  const said = isComplaint(report.feedbackType) ? `complained (${type})` : `gave feedback (${type})`;
  const effect = isComplaint(report.feedbackType) ? 'noted' : 'none';
  if (people.length === 0) return [{ text: sentence(`One of the recipients ${said}`), effect }];
  return people.map((address): Statement => {
    const text = sentence(`${address}: ${said}`);
    if (effect === 'none') return { text, effect };
    return { text, effect, suppression: { address, code: 'complained', reason: said } };
  });
}

/** The recipient that one of the addresses means; a report's first address is the one that we wrote to. */
function recipientAmong(addresses: readonly string[], recipients: readonly string[]): string | null {
  for (const text of addresses) {
    const canonical = canonicalAddress(text);
    if (canonical.ok && recipients.includes(canonical.address)) return canonical.address;
  }
  return null;
}

/** Adds what is not said yet. */
function joined(before: string, statements: readonly Statement[]): string {
  let all = before;
  for (const { text } of statements) {
    if (all.length >= MAX_REASON_LENGTH) break;
    if (!` ${all} `.includes(` ${text} `)) all = all === '' ? text : `${sentence(all)} ${text}`;
  }
  return all.slice(0, MAX_REASON_LENGTH);
}

function sentence(text: string): string {
  return `${printable(text, MAX_REASON_LENGTH).replace(/[. ]+$/, '')}.`;
}

function printable(text: string, length = MAX_DETAIL_LENGTH): string {
  const plain = text.slice(0, length * 4).replace(/[\r\n\t ]+/g, ' ');
  return printableAscii(plain, plain.length).trim().slice(0, length);
}
