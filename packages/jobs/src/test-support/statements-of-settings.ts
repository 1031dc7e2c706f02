/** The functions about what owners and admins set, and what owners are mailed about, each called. */
import * as database from '@tinyfat/database';
import {
  at,
  FEW,
  leases,
  MANY,
  month,
  ONE,
  of,
  old,
  row,
  type StatementCase,
  TWENTY,
  work,
} from './statement-values.ts';

const alerts = { held: true, failed: true, budget: true, digest: true };
const notice = { id: 'fresh', owner: ONE, kind: 'failed', about: row, content: '{}' } as const;
const oidc = { state_sha256: 'state', browser_sha256: 'browser', return_to: '/', expires_at: at + 1000 };

/** By the name of the exported function. */
export const OF_SETTINGS: Record<string, StatementCase> = {
  alertsOf: of((db) => database.alertsOf(db, ONE)),
  alertsOfAll: of((db) => database.alertsOfAll(db, [ONE, TWENTY])),
  wantsAlert: of((db) => database.wantsAlert(db, ONE, 'failed')),
  setAlerts: of((db) => database.setAlerts(db, ONE, alerts, at - 2000)),
  digestOwners: of((db) => database.digestOwners(db, '2026-11-28', at), FEW),
  askForOwnerNotice: of((db) => database.askForOwnerNotice(db, notice, at)),
  hasOwnerNotice: of((db) => database.hasOwnerNotice(db, notice)),
  newestOwnerNotice: of((db) => database.newestOwnerNotice(db, ONE, 'failed'), {
    sorts: 'notices of one owner and kind; retention leaves those of some weeks',
  }),
  ownerNoticeRows: of((db) => work(database.ownerNoticeRows(leases(db), false))),
  settleOwnerNotice: of((db) =>
    database.settleOwnerNotice(
      db,
      { id: 'fresh', fence: 0 },
      { state: 'sent', next_attempt_at: at, reason: null },
      at,
    ),
  ),
  deleteOldOwnerNotices: of((db) => database.deleteOldOwnerNotices(db, old)),
  failedRunsSince: of((db) => database.failedRunsSince(db, at - 3_600_000, ['llm_billing']), {
    sorts: 'runs that failed since the last look',
  }),
  capsUsedSince: of(
    (db) => database.capsUsedSince(db, { since: at - 600_000, share: 0.8, month, ownerDefault: 1_000_000 }),
    FEW,
  ),
  dayOfOwner: of(
    async (db) => {
      for (const owner of [ONE, TWENTY, MANY]) {
        await database.dayOfOwner(db, owner, { from: at - 3_600_000, to: at });
      }
    },
    { sorts: 'the mails of one day, counted by verdict and state' },
  ),
  countOwners: of((db) => database.countOwners(db), FEW),
  listOwners: of(async (db) => {
    for (const after of [null, ONE]) await database.listOwners(db, { after, limit: 50, month });
  }, FEW),
  sessionsOf: of((db) => database.sessionsOf(db, ONE, { now: at, limit: 50 }), FEW),
  endSession: of((db) => database.endSession(db, ONE, row)),
  endOtherSessions: of((db) => database.endOtherSessions(db, ONE, row)),
  putOidcRequest: of((db) => database.putOidcRequest(db, oidc, at)),
  takeOidcRequest: of((db) => database.takeOidcRequest(db, oidc, at)),
  sendingStop: of((db) => database.sendingStop(db)),
  stopSending: of((db) => database.stopSending(db, { at, by: ONE })),
  resumeSending: of((db) => database.resumeSending(db)),
  webhookStanding: of((db) => database.webhookStanding(db, 'resend', 100)),
  failedWebhookEvents: of(async (db) => {
    for (const after of [null, { at: 8 }]) await database.failedWebhookEvents(db, { after, limit: 50 });
  }),
};
