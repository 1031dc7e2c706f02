/** Refusals of the API as pages show them. */
import { describeError } from '@tinyfat/core';
import type { Refusal } from '../api/answer.ts';

/** What was refused and why, and what to do. */
export function explained({ code, detail, nextStep }: Pick<Refusal, 'code' | 'detail' | 'nextStep'>): {
  what: string;
  nextStep: string;
} {
  const described = describeError(code);
  const usual = IN_A_FORM.get(code) ?? described.nextStep;
  return { what: inAForm(detail ?? described.sentence), nextStep: nextStep ?? usual };
}

/** Programs are told the name of a field; a form has labels, and the sentence stands above it. */
function inAForm(sentence: string): string {
  const plain = sentence.replace(/^"[\w.]+": /, '').replace(/^"[\w.]+" can not be used; write /, 'Write ');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Next steps for whoever fills in a form, where those of the codes are for whoever writes a program. */
const IN_A_FORM = new Map<string, string>([
  ['invalid_request', 'Change that, and send it again.'],
  ['unsupported_media_type', 'Send the form of this page.'],
]);

/**
 * The answer where a page can not be shown at all: its status without a body, which becomes the error page. Whatever is not
 * found and whatever is somebody else's look the same; so does an address that names nothing that could be there.
 */
export function refusedPage({ code, status, headers }: Refusal): Response {
  const shown = code === 'invalid_request' || code === 'not_permitted' ? 404 : status;
  return new Response(null, { status: shown, headers: { ...headers } });
}
