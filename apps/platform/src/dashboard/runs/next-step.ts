/** What whoever looks at a run that failed can do about it. The words of the codes are for mails and terminals. */
import { describeError, isErrorCode } from '@tinyfat/core';

/** A sentence, and the page where it is done; null where the sentence is all. */
export interface NextStep {
  text: string;
  page: { href: string; label: string } | null;
}

/** Null where nothing helps, or the code is none of ours. */
export function nextStepOf(code: string | null, agent: string): NextStep | null {
  if (code === null || !isErrorCode(code)) return null;
  const path = `/agents/${encodeURIComponent(agent)}`;
  const known = new Map<string, NextStep>([
    ['llm_unauthorized', { text: 'Store a key that is valid, then run it again.', page: KEYS }],
    ['owner_key_unreadable', { text: 'Store the key again, then run it again.', page: KEYS }],
    [
      'budget_exhausted',
      {
        text: 'It begins anew with the next month (UTC). A cheaper model may fit, or a larger budget.',
        page: { href: `${path}/settings#budget`, label: `Budget of ${agent}` },
      },
    ],
    ['quota_exceeded', { text: 'Remove what is not needed.', page: files(path, agent) }],
    ['folder_too_large', { text: 'Remove what is not needed.', page: files(path, agent) }],
  ]).get(code);
  if (known) return known;
  const [first = ''] = describeError(code).nextStep.split(/; (?:operators|owners): /);
  if (/\btinyfat /.test(first) || code === 'run_stopped') return null;
  const here = first
    .replace(/^Send your mail again/, 'Run it again')
    .replace(/send your mail again/g, 'run it again');
  return { text: /[.!?]$/.test(here) ? here : `${here}.`, page: null };
}

const KEYS = { href: '/settings/keys', label: 'Your keys' };

function files(path: string, agent: string): NextStep['page'] {
  return { href: `${path}/files`, label: `Files of ${agent}` };
}
