/** `tinyfat outbox list|suppressed [NAME]`, `outbox retry|approve ID`, `outbox unsuppress NAME ADDR`: mail that goes out. */
import { canonicalAddress } from '@tinyfat/core';
import { approvalRoutes, outboxRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { notFound, overApi, refused, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { shortIds } from '../output/short-id.ts';
import { agentColumn, printTable } from '../output/table.ts';
import { printable, time } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';

type OneDelivery = Run<[string]>;

/** Rows of the list. */
const LISTED = 100;

/** Lists outgoing mail, newest first. */
export const listOutbox = overApi<[string | undefined], { json: boolean }>(
  async (api, { words: [agent], options }) => {
    const listed = await listAll(
      (page) => api.call(outboxRoutes.listOutbox, { query: { ...page, agent } }),
      LISTED,
    );
    if (!listed.ok) return agent === undefined ? refused(listed) : unknownAgent(listed, agent);
    const short = shortIds(listed.body.map(({ id }) => id));
    printTable(
      listed.body,
      {
        columns: [
          { head: 'id', cell: ({ id }) => short(id) },
          { head: 'created', cell: ({ created_at: at }) => time(at) },
          ...(agent === undefined ? [agentColumn] : []),
          { head: 'state', cell: ({ state }) => state },
          { head: 'to', cell: ({ recipients }) => recipients.join(', '), least: 12 },
          { head: 'subject', cell: ({ subject }) => subject, least: 10 },
        ],
        note: ({ reason }) => reason,
        json: (delivery) => ({
          id: delivery.id,
          created: delivery.created_at,
          agent: delivery.agent,
          from: delivery.envelope_sender,
          to: delivery.recipients,
          subject: delivery.subject,
          state: delivery.state,
          delivered: delivery.delivered_at,
          attempts: delivery.attempts,
          reason: delivery.reason,
        }),
        empty: 'No mail went out yet.',
      },
      options.json,
    );
    return 0;
  },
);

/** Lists whom mail does not reach. */
export const listSuppressed = overApi<[string | undefined], { json: boolean }>(
  async (api, { words: [agent], options }) => {
    const listed =
      agent === undefined
        ? await listAll((query) => api.call(outboxRoutes.listAllSuppressed, { query }))
        : await listAll((query) => api.call(outboxRoutes.listSuppressed, { params: { agent }, query }));
    if (!listed.ok) return agent === undefined ? refused(listed) : unknownAgent(listed, agent);
    printTable(
      listed.body,
      {
        columns: [
          { head: 'agent', cell: (one) => one.agent, least: 5 },
          { head: 'address', cell: ({ address }) => address, least: 15 },
          { head: 'since', cell: ({ created_at: at }) => time(at) },
          { head: 'code', cell: ({ code }) => code },
        ],
        note: ({ reason }) => reason,
        json: ({ agent: name, address, created_at: since, code, reason, delivery }) => ({
          agent: name,
          address,
          since,
          code,
          reason,
          delivery,
        }),
        empty: 'Mail reaches everybody.',
      },
      options.json,
    );
    return 0;
  },
);

/** Lets a mail go that awaits approval; a running server sends it within a second. */
export const approveDelivery: OneDelivery = letGo(approvalRoutes.approveDelivery);
/** Sends a mail again that failed, is uncertain, or bounced. */
export const retryDelivery: OneDelivery = letGo(outboxRoutes.retryDelivery);

function letGo(
  route: typeof outboxRoutes.retryDelivery | typeof approvalRoutes.approveDelivery,
): OneDelivery {
  return async ({ words: [id] }, config) =>
    await withApi(config, async (api) => {
      const gone = await api.call(route, { params: { id } });
      if (!gone.ok) return notFound(gone, `there is no delivery ${id}; tinyfat outbox list shows them.`);
      console.log(printable(`It waits to be sent to ${gone.body.recipients.join(', ')}.`));
      return 0;
    });
}

/** Lets an agent write to somebody again. */
export const unsuppress: Run<[string, string]> = async ({ words: [name, text] }, config) => {
  const parsed = canonicalAddress(text.trim());
  if (!parsed.ok) throw new UsageError(parsed.reason);
  const agent = name.toLowerCase();
  const { address } = parsed;
  return await withApi(config, async (api) => {
    const gone = await api.call(outboxRoutes.unsuppress, { params: { agent, address } });
    if (gone.ok) {
      console.log(printable(`${agent} may write to ${address} again.`));
      return 0;
    }
    const listed = await api.call(outboxRoutes.listSuppressed, { params: { agent }, query: {} });
    if (!listed.ok) return unknownAgent(listed, name);
    return notFound(gone, `${address} is not suppressed; see: tinyfat outbox suppressed ${agent}`);
  });
};
