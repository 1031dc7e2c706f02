/** A refusal as a person reads it on a page, and the status and headers of that page. */
import { httpErrors } from '@tinyfat/core';
import type { SignInRefusal } from './contract.ts';
import { waitText } from './wait-text.ts';

export interface RefusalOnPage {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

/** For the page that takes the place of the form. */
export function refusalOnPage(refusal: SignInRefusal): RefusalOnPage {
  const { status, sentence, nextStep } = httpErrors[refusal.code];
  if (refusal.code === 'too_many_requests') {
    return {
      status,
      headers: { 'retry-after': String(refusal.retryAfterS) },
      text: `${refusal.detail} Try again ${waitText(refusal.retryAfterS)}.`,
    };
  }
  const said = refusal.detail ?? sentence;
  return { status, headers: {}, text: refusal.code === 'sign_in_over' ? `${said} ${nextStep}` : said };
}
