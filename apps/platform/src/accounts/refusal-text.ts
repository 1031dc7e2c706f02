/** A refusal as a person reads it on a page, and the status and headers of that page. */
import { httpErrors } from '@tinyfat/core';
import type { SignInRefusal } from './contract.ts';

interface RefusalOnPage {
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

/** `in 40 minutes`, from seconds; never shorter than it is. */
function waitText(seconds: number): string {
  if (seconds <= 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? `in ${minutes} minutes` : `in ${Math.ceil(minutes / 60)} hours`;
}
