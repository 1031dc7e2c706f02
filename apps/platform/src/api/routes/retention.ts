import * as v from 'valibot';
import { json } from '../answer.ts';
import { named, time } from '../fields.ts';
import { route } from '../route.ts';

export const retentionCount = named(
  'RetentionCount',
  v.strictObject({
    /** What is removed: `mail`, `sent_mail`, `refused_mail`, … as docs/retention.md lists them. */
    kind: v.string(),
    /** Files, stored messages or rows. */
    removed: v.number(),
    /** Of files and stored messages. */
    bytes: v.number(),
    /** Why the run did not get to the end of this kind; null where it did. */
    error: v.nullable(v.string()),
  }),
);

export const retention = named(
  'Retention',
  v.strictObject({
    kinds: v.array(
      v.strictObject({
        kind: v.string(),
        what: v.string(),
        /** The setting of the server. */
        variable: v.string(),
        /** Null: kept forever. */
        days: v.nullable(v.number()),
      }),
    ),
    /** The newest run that came to its end, for admins; null before the first. */
    last_run: v.nullable(
      v.strictObject({ started_at: time, finished_at: time, counts: v.array(retentionCount) }),
    ),
  }),
);

const counts = json(v.strictObject({ counts: v.array(retentionCount) }));

export const getRetention = route(
  'GET',
  '/retention',
  'How long what is stored stays, and what was removed last',
  {
    scope: 'read',
    answer: json(retention),
  },
);

export const previewRetention = route('GET', '/retention/preview', 'What a run would remove now', {
  description: 'Changes nothing. Only for admins. Kinds that are kept forever are left out.',
  scope: 'read',
  answer: counts,
  errors: ['not_permitted'],
});

export const runRetention = route('POST', '/retention/run', 'Remove now what its time is over for', {
  description: 'The same happens once a day by itself. Only for admins.',
  scope: 'write',
  answer: counts,
  errors: ['not_permitted'],
});
