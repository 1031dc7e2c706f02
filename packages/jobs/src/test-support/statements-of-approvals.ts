/** The functions about mail that awaits approval, each called. */
import * as database from '@tinyfat/database';
import {
  agent,
  at,
  delivery,
  leases,
  ONE,
  of,
  row,
  type StatementCase,
  sights,
  work,
} from './statement-values.ts';

const seen: database.SeenDelivery = { id: row, kind: 'reply', mail_id: row, raw_key: '', recipients: '[]' };
const decision: database.Decision = { by: { address: ONE, via: 'session' }, at, digest: '' };

/** One that awaits approval as it is seen. */
const waits = (db: database.Database) =>
  db
    .updateTable('deliveries')
    .set({ state: 'awaiting_approval', raw_key: '', recipients: '[]', raw_removed_at: null })
    .where('id', '=', row)
    .execute();
const waiting = (call: (db: database.Database) => Promise<unknown>) =>
  of(async (db) => {
    await waits(db);
    await call(db);
  });

/** By the name of the exported function. */
export const OF_APPROVALS: Record<string, StatementCase> = {
  approveDelivery: waiting((db) => database.approveDelivery(db, seen, decision)),
  rejectDelivery: waiting(async (db) => {
    await database.rejectDelivery(db, seen, { ...decision, note: null });
    await waits(db);
    await database.rejectDelivery(db, seen, { ...decision, note: 'anew' });
  }),
  editDelivery: waiting((db) => {
    const edited = { raw_key: 'new', recipients: '[]', subject: '', reason_code: null, reason: null };
    return database.editDelivery(db, seen, { ...edited, text: '' }, decision);
  }),
  recordVoidApproval: of((db) => database.recordVoidApproval(db, row, at)),
  approvalRecords: of((db) => database.approvalRecords(db, row, 50)),
  ownerOfDelivery: of((db) => database.ownerOfDelivery(db, row)),
  answeredMail: of((db) => database.answeredMail(db, row)),
  noteOnDelivery: of((db) => database.noteOnDelivery(db, row)),
  // Of somebody who wrote most mails any scan finds one at once.
  wroteBefore: of((db) => database.wroteBefore(db, agent, ['nobody@example.com'])),
  visibleAgentOf: of(async (db) => {
    for (const sight of sights) await database.visibleAgentOf(db, sight, agent);
  }),
  askForApprovalNotice: of(async (db) => {
    await database.insertDeliveries(db, [{ ...delivery, id: 'asked' }]);
    await database.askForApprovalNotice(db, { id: 'asked', agent_id: agent, created_at: at });
  }),
  approvalNoticeRows: of((db) => work(database.approvalNoticeRows(leases(db), false))),
  settleApprovalNotice: of((db) =>
    database.settleApprovalNotice(
      db,
      { delivery_id: row, fence: 0 },
      { state: 'sent', next_attempt_at: at },
      at,
    ),
  ),
  earlierApprovalNotices: of((db) =>
    database.earlierApprovalNotices(
      db,
      { delivery_id: row, agent_id: agent, created_at: at },
      at - 3_600_000,
    ),
  ),
};
