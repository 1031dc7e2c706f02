/** `tinyfat mails [NAME]`: every mail that came. */
import { mailRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { refused, withApi } from '../client/open-api.ts';
import type { Run } from '../command.ts';
import { shortIds } from '../output/short-id.ts';
import { agentColumn, printTable } from '../output/table.ts';
import { time } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';
import { readLimit } from './read-limit.ts';

/** States that need no reason in the table. */
const IN_ORDER = new Set(['replied', 'command']);

/** Lists mails, newest first. */
export const listMails: Run<[string | undefined], { json: boolean; limit: string }> = async (
  { words: [agent], options },
  config,
) => {
  const limit = readLimit(options.limit);
  return await withApi(config, async (api) => {
    const mails = await listAll(
      (page) => api.call(mailRoutes.listMails, { query: { ...page, agent } }),
      limit,
    );
    if (!mails.ok) return agent === undefined ? refused(mails) : unknownAgent(mails, agent);
    const short = shortIds(mails.body.map(({ id }) => id));
    printTable(
      mails.body,
      {
        columns: [
          { head: 'id', cell: ({ id }) => short(id) },
          { head: 'received', cell: ({ received_at: at }) => time(at) },
          ...(agent === undefined ? [agentColumn] : []),
          { head: 'state', cell: ({ state }) => state },
          { head: 'from', cell: ({ sender, envelope_sender: envelope }) => sender ?? envelope, least: 12 },
          { head: 'subject', cell: ({ subject }) => subject, least: 10 },
        ],
        note: ({ state, state_reason: now, reason }) => (IN_ORDER.has(state) ? null : now || reason),
        json: (mail) => ({
          id: mail.id,
          received: mail.received_at,
          agent: mail.agent,
          from: mail.sender ?? mail.envelope_sender,
          subject: mail.subject,
          verdict: mail.verdict,
          state: mail.state,
          reason: mail.state_reason || mail.reason,
          reason_code: mail.reason_code,
          verdict_reason: mail.reason,
          message_id: mail.message_id,
          envelope_sender: mail.envelope_sender,
          envelope_recipient: mail.envelope_recipient,
          client_address: mail.client_address,
          bytes: mail.raw_bytes,
          evidence: mail.evidence,
        }),
        empty: 'No mail came yet.',
      },
      options.json,
    );
    return 0;
  });
};
