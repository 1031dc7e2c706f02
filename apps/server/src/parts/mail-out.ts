/**
 * Whether mail goes out at all: from what became of mails, and from a check of the relay at the start. A single mail
 * that is put off says nothing; a relay that takes no login does. Trouble makes nothing unready, since mail is taken
 * all the same: it is a line in the log, a warning in `/health/ready` and a metric.
 */
import {
  type Clock,
  describeError,
  type Logger,
  type MailTransport,
  type SendOutcome,
  withoutAddresses,
} from '@tinyfat/core';
import type { RelayCheck } from '@tinyfat/mail/node';

interface MailOutDeps {
  transport: MailTransport;
  /** Null where mail does not go through a relay. Never rejects. */
  check: (() => Promise<RelayCheck>) | null;
  clock: Clock;
  logger: Logger;
}

export interface MailOut {
  /** The transport, whose outcomes are looked at. */
  transport: MailTransport;
  /** Checks the relay now; null where there is none. Never rejects. */
  check(): Promise<RelayCheck | null>;
  /** What keeps mail from leaving, with the next step and nothing about the relay; null where it leaves. */
  warning(): string | null;
}

interface Trouble {
  code: string;
  /** A check of the relay can tell that it has ended. */
  checked: boolean;
}

/** Tries of any mails, one after the other without a success, after which a provider counts as down. */
const FAILURES_IN_A_ROW = 5;
/** While there is trouble the relay is asked again when somebody wants to know, at most this often. */
const RECHECK_MS = 60_000;

/** Looks at what the transport says from now on. */
export function watchMailOut({ transport, check, clock, logger }: MailOutDeps): MailOut {
  let trouble: Trouble | null = null;
  let failures = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;

  function begin(code: string, reason: string, checked: boolean): void {
    if (trouble?.code !== code) {
      const { nextStep } = describeError(code);
      logger.warn('mail_out_failing', { code, reason: withoutAddresses(reason), nextStep });
    }
    trouble = { code, checked };
  }
  function end(): void {
    failures = 0;
    if (trouble !== null) logger.info('mail_out_works', { after: trouble.code });
    trouble = null;
  }
  function note(outcome: SendOutcome): void {
    const code = 'code' in outcome ? outcome.code : undefined;
    // A mail that is refused for its content says nothing about the others.
    const works = outcome.state === 'sent' || (outcome.state === 'permanent' && code === undefined);
    if (works) {
      end();
      return;
    }
    const { reason } = outcome;
    failures += 1;
    if (code !== undefined)
      begin(code, reason, outcome.state === 'temporary' && code !== 'relay_login_needed');
    else if (outcome.state === 'temporary' && outcome.parked) begin('delivery_parked', reason, false);
    else if (failures >= FAILURES_IN_A_ROW && trouble === null) begin('delivery_deferred', reason, false);
  }
  async function ask(): Promise<RelayCheck | null> {
    if (check === null) return null;
    checkedAt = clock();
    const result = await check();
    if (!result.ok) {
      begin(result.code, result.reason, true);
    } else {
      logger.info('mail_out_checked', { detail: result.detail });
      if (trouble?.checked) end();
    }
    return result;
  }

  return {
    transport: {
      ...transport,
      async send(...message) {
        const outcome = await transport.send(...message);
        note(outcome);
        return outcome;
      },
    },
    check: ask,
    warning() {
      const age = clock() - checkedAt;
      if (trouble?.checked && (age >= RECHECK_MS || age < 0)) void ask();
      if (trouble === null) return null;
      const { sentence, nextStep } = describeError(trouble.code);
      return `Mail out fails (${trouble.code}). ${sentence} ${nextStep}`;
    },
  };
}
