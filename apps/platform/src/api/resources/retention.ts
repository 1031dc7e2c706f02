import { RETENTION_KINDS, RETENTION_RULES, type RetentionReport } from '@tinyfat/core';
import { lastRun } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/retention.ts';

export const retentionEndpoints = [
  endpoint(routes.getRetention, async ({ deps, principal }) => {
    // What was removed is counted over everybody's mails.
    const last = principal.isAdmin ? await lastRun(deps.db) : undefined;
    const kinds = RETENTION_KINDS.map((kind) => {
      const { what, variable } = RETENTION_RULES[kind];
      return { kind, what, variable, days: deps.retention.days[kind] };
    });
    if (last === undefined || last.finished_at === null) return { ok: true, body: { kinds, last_run: null } };
    const times = { started_at: isoTime(last.started_at), finished_at: isoTime(last.finished_at) };
    return { ok: true, body: { kinds, last_run: { ...times, counts: listed(last.report) } } };
  }),

  endpoint(routes.previewRetention, async ({ deps, principal }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    return { ok: true, body: { counts: listed(await deps.retention.preview()) } };
  }),

  endpoint(routes.runRetention, async ({ deps, principal }) => {
    if (!principal.isAdmin) return refuse('not_permitted');
    return { ok: true, body: { counts: listed(await deps.retention.run()) } };
  }),
];

function listed(report: RetentionReport) {
  return Object.entries(report).map(([kind, { removed, bytes, error = null }]) => ({
    kind,
    removed,
    bytes,
    error,
  }));
}
