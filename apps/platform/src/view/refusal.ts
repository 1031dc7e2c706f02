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
  return {
    what: inAForm(detail ?? described.sentence),
    nextStep: withoutCommands(nextStep ?? usual),
  };
}

/** A text without its sentences that are for a terminal: on a page the button stands beside it. */
export function withoutCommands(text: string): string {
  const sentences = text.split(/(?<=[.!?])\s+/);
  return sentences.filter((sentence) => !/\btinyfat [a-z]/.test(sentence)).join(' ');
}

/** Programs are told the name of a field as they send it; people read it as words: `Display name: …`. */
function inAForm(sentence: string): string {
  return sentence.replace(/^"([\w.]+)"(?:: | can not be used; )/, (_, name: string) => {
    const words = name.replaceAll('_', ' ');
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}: `;
  });
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
