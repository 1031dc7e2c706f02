import * as v from 'valibot';
import { json } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { named, ofOwner, time } from '../fields.ts';
import { route } from '../route.ts';

const kinds = {
  /** An answer awaits approval. */
  held: v.boolean(),
  /** A mail got no answer: at most one mail an hour about all of them. */
  failed: v.boolean(),
  /** The month's budget is used to 80 %, and used up. */
  budget: v.boolean(),
  /** What happened the day before, each morning (UTC). */
  digest: v.boolean(),
};

export const alerts = named(
  'Alerts',
  v.strictObject({
    owner: v.string(),
    ...kinds,
    /** Null while the owner has chosen nothing: then it is what every owner gets. */
    chosen_at: v.nullable(time),
  }),
);

export const getAlerts = route('GET', '/alerts', 'What the owner is mailed about', {
  scope: 'read',
  query: ofOwner,
  answer: json(alerts),
  errors: ['not_permitted'],
});

export const putAlerts = route('PUT', '/alerts', 'Choose what the owner is mailed about', {
  description: 'Each mail goes to the address of the owner, at most once for each matter.',
  scope: 'write',
  query: ofOwner,
  body: jsonBody(v.strictObject(kinds)),
  answer: json(alerts),
  errors: ['not_permitted'],
});
