/** The one list of error codes: every expected failure has one, with a sentence and a next step. */
import { admissionErrors } from './admission.ts';
import { databaseErrors } from './database.ts';
import { deliveryErrors } from './delivery.ts';
import type { ErrorDescription } from './describe.ts';
import { httpErrors } from './http.ts';
import { relayErrors } from './relay.ts';
import { runErrors } from './run.ts';
import { setupErrors } from './setup.ts';
import { tlsErrors } from './tls.ts';
import { webhookErrors } from './webhook.ts';

/** Every error code with its description. */
export const ERRORS = {
  ...admissionErrors,
  ...databaseErrors,
  ...deliveryErrors,
  ...httpErrors,
  ...relayErrors,
  ...runErrors,
  ...setupErrors,
  ...tlsErrors,
  ...webhookErrors,
} as const;

/** A code of the list. */
export type ErrorCode = keyof typeof ERRORS;

/** Whether a text, from a database or a sandbox, is a code of the list. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The description of a code; that of `internal` for a text that is none. */
export function describeError(code: string): ErrorDescription {
  return isErrorCode(code) ? ERRORS[code] : ERRORS.internal;
}

/** What happened, with the detail of this case (a sentence, may be left out) on the same line; not what to do. */
export function explainError(code: string, detail: string | null = null): string {
  const middle = (detail ?? '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  const ended = middle === '' || /[.!?:)]$/.test(middle) ? middle : `${middle}.`;
  return `${describeError(code).sentence} ${ended}`.trim();
}

/** An error as a paragraph for a person: what happened, the detail of this case, and what to do. */
export function renderError(code: string, detail: string | null = null): string {
  return `${explainError(code, detail)} ${describeError(code).nextStep}`.trim();
}
