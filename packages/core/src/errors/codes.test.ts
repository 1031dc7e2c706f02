import { describe, expect, it } from 'vitest';
import { type AcceptedCode, type AdmissionCode, smtpReply } from '../admission/smtp-reply.ts';
import { parseOutboxMail } from '../outbox/schema.ts';
import type { ReadRefusal } from '../ports/agent-folders.ts';
import type { SendOutcome } from '../ports/mail-transport.ts';
import type { TurnStop } from '../turn/turn-runner.ts';
import { describeError, ERRORS, isErrorCode, renderError } from './codes.ts';

/** Each union spelled out: the type checker refuses one that is missing here or in the list. */
const readRefusals = {
  missing: true,
  not_a_file: true,
  bad_path: true,
  too_large: true,
  hard_linked: true,
} satisfies Record<ReadRefusal['reason'], true>;
const sandboxStops = {
  deadline: true,
  output: true,
  memory: true,
  processes: true,
  cpu: true,
  cancelled: true,
} satisfies Record<Exclude<TurnStop, 'quota'>, true>;
const admissionCodes = {
  unauthenticated: true,
  sender_mismatch: true,
  dmarc_failed: true,
  dkim_body_limited: true,
  no_policy_no_signature: true,
  from_missing: true,
  from_several: true,
  from_invalid: true,
  not_allowed: true,
  too_large: true,
  too_complex: true,
  unreadable: true,
  bad_recipient: true,
  not_our_domain: true,
  reserved_recipient: true,
  unknown_recipient: true,
  dns_trouble: true,
  reading_deadline: true,
  automatic_mail: true,
  own_address: true,
  delivery_report: true,
  feedback_report: true,
  duplicate: true,
  replayed: true,
  stale: true,
  not_addressed: true,
  perhaps_automatic: true,
  sender_limit: true,
  agent_limit: true,
  system_limit: true,
  thread_too_fast: true,
  mailbox_full: true,
} satisfies Record<Exclude<AdmissionCode, AcceptedCode>, true>;

const sendRefusals = {
  provider_unauthorized: true,
  provider_sender_refused: true,
} satisfies Record<NonNullable<Extract<SendOutcome, { state: 'permanent' }>['code']>, true>;

describe('the list of error codes', () => {
  it('has every code that the parts of the system use', () => {
    const codes = [
      ...Object.keys(readRefusals).map((reason) => `file_${reason}`),
      ...Object.keys(sandboxStops).map((stop) => `sandbox_${stop}`),
      'quota_exceeded',
      ...Object.keys(admissionCodes),
      ...Object.keys(sendRefusals),
    ];
    for (const text of ['', '{}']) {
      const parsed = parseOutboxMail(text);
      if (!parsed.ok) codes.push(parsed.code);
    }
    expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
    expect(codes).toContain('outbox_invalid');
  });

  it('has an SMTP answer for every admission code', () => {
    for (const code of Object.keys(admissionCodes) as AdmissionCode[]) {
      const { code: number, enhanced, text } = smtpReply(code);
      expect(text).toMatch(/^[A-Z][ -~]+$/);
      expect(enhanced[0]).toBe(String(number)[0]);
    }
  });

  it.each(Object.entries(ERRORS))(
    '%s has a whole sentence and a next step',
    (_code, { sentence, nextStep }) => {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(nextStep).toMatch(/^[A-Za-z].{9,}$/);
    },
  );

  it('renders sentence, detail and next step on one line', () => {
    expect(renderError('no_reply', 'Run\r\n17.')).toBe(
      `${ERRORS.no_reply.sentence} Run 17. ${ERRORS.no_reply.nextStep}`,
    );
    expect(renderError('no_reply')).toBe(`${ERRORS.no_reply.sentence} ${ERRORS.no_reply.nextStep}`);
  });

  it.each(['', 'nonsense', 'constructor', '__proto__', 'toString'])(
    'takes the unknown code %j for an internal error',
    (code) => {
      expect(describeError(code)).toBe(ERRORS.internal);
    },
  );
});
