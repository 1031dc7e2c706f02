import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { named, ofId, page, time } from '../fields.ts';
import { route } from '../route.ts';

export const browser = named(
  'Browser',
  v.strictObject({
    id: v.string(),
    /** As the browser named itself at the sign-in, cut; empty where that is not known. */
    user_agent: v.string(),
    /** The one that asks. */
    current: v.boolean(),
    signed_in_at: time,
    /** Noted once a day. */
    last_seen_at: time,
    expires_at: time,
  }),
);

export const listBrowsers = route('GET', '/browsers', 'Browsers in which the one who asks is signed in', {
  description: 'The hundred that were seen last.',
  scope: 'tokens',
  answer: json(page(browser)),
  errors: ['not_permitted'],
});

export const signOutBrowser = route('DELETE', '/browsers/{id}', 'Sign a browser out at once', {
  scope: 'tokens',
  params: ofId,
  answer: noContent,
  errors: ['not_permitted'],
});

export const signOutOtherBrowsers = route(
  'POST',
  '/browsers/sign-out-others',
  'Sign out all but the browser that asks',
  {
    description: 'Only for a browser: a token is none.',
    scope: 'tokens',
    answer: json(v.strictObject({ signed_out: v.number() })),
    errors: ['not_permitted'],
  },
);
