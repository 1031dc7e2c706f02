/** Browsers in which the viewer is signed in. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import {
  type browser,
  listBrowsers,
  signOutBrowser,
  signOutOtherBrowsers,
} from '../../api/routes/browsers.ts';
import { deviceWords } from './device-words.ts';

type Browser = v.InferOutput<typeof browser>;

export const DONE = {
  one: 'That browser is signed out.',
  others: 'All other browsers are signed out.',
};

export interface BrowsersPage {
  ok: true;
  rows: (Browser & { device: string })[];
  hasOthers: boolean;
}

/** The one that asks first, then those that were seen last. */
export async function browsersPage(ask: Ask): Promise<BrowsersPage | Refusal> {
  const listed = await ask(listBrowsers);
  if (!listed.ok) return listed;
  const { data } = listed.body;
  const rows = [...data.filter(({ current }) => current), ...data.filter(({ current }) => !current)];
  return {
    ok: true,
    rows: rows.map((row) => ({ ...row, device: capitalized(deviceWords(row.user_agent)) })),
    hasOthers: rows.some(({ current }) => !current),
  };
}

/** Signs out what the form names. */
export async function signOutFrom(
  ask: Ask,
  fields: URLSearchParams,
): Promise<{ ok: true; done: keyof typeof DONE } | Refusal> {
  if (fields.get('action') === 'others') {
    const all = await ask(signOutOtherBrowsers);
    return all.ok ? { ok: true, done: 'others' } : all;
  }
  const one = await ask(signOutBrowser, { params: { id: fields.get('id') ?? '' } });
  return one.ok ? { ok: true, done: 'one' } : one;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
