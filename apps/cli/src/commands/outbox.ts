/** `tinyfat outbox list|suppressed [NAME]`, `outbox retry|approve ID`, `outbox unsuppress NAME ADDR`. */
import { canonicalAddress } from '@tinyfat/core';
import { outboxRoutes } from '@tinyfat/platform';
import type { ApiClient } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { notFound, refused, withApi } from '../client/open-api.ts';
import { type Command, printable, printRows, readWords, time, UsageError } from './command.ts';
import { unknownAgent } from './named-agent.ts';

/** The newest of the list. */
const LISTED = 100;

/**
 * Shows outgoing mail, lets held, failed, uncertain or bounced ones go (a running server sends them within a second),
 * and shows whom mail does not reach.
 */
export const outboxCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, word, text] = positionals;
  if (action === 'list' || action === 'suppressed') {
    const show = action === 'list' ? listDeliveries : listSuppressed;
    return await withApi(config, (api) => show(api, word, values.json === true));
  }
  if (action === 'unsuppress' && word !== undefined && text !== undefined) {
    return await withApi(config, (api) => writeAgain(api, word, text));
  }
  if ((action !== 'retry' && action !== 'approve') || word === undefined) {
    throw new UsageError(
      'write: outbox list [NAME], retry ID, approve ID, suppressed [NAME] or unsuppress NAME ADDR',
    );
  }
  return await withApi(config, (api) => letGo(api, action, word));
};

async function listDeliveries(api: ApiClient, agent: string | undefined, json: boolean): Promise<number> {
  const listed = await listAll(
    (page) => api.call(outboxRoutes.listOutbox, { query: { ...page, agent } }),
    LISTED,
  );
  if (!listed.ok) return agent === undefined ? refused(listed) : unknownAgent(listed, agent);
  const rows = listed.body.map((delivery) => ({
    id: delivery.id,
    created: time(delivery.created_at),
    from: delivery.envelope_sender,
    to: JSON.stringify(delivery.recipients),
    subject: delivery.subject,
    state: delivery.state,
    delivered: time(delivery.delivered_at),
    attempts: delivery.attempts,
    reason: delivery.reason,
  }));
  printRows(rows, json, 'No mail went out yet.');
  return 0;
}

async function listSuppressed(api: ApiClient, agent: string | undefined, json: boolean): Promise<number> {
  const listed =
    agent === undefined
      ? await api.call(outboxRoutes.listAllSuppressed)
      : await api.call(outboxRoutes.listSuppressed, { params: { agent } });
  if (!listed.ok) return agent === undefined ? refused(listed) : unknownAgent(listed, agent);
  const rows = listed.body.data.map((one) => ({
    agent: one.agent,
    address: one.address,
    since: time(one.created_at),
    code: one.code,
    reason: one.reason,
    delivery: one.delivery,
  }));
  printRows(rows, json, 'Mail reaches everybody.');
  return 0;
}

async function letGo(api: ApiClient, action: 'retry' | 'approve', id: string): Promise<number> {
  const route = action === 'retry' ? outboxRoutes.retryDelivery : outboxRoutes.approveDelivery;
  const gone = await api.call(route, { params: { id } });
  if (!gone.ok) return notFound(gone, `there is no delivery ${id}; tinyfat outbox list shows them.`);
  console.log(printable(`It waits to be sent to ${JSON.stringify(gone.body.recipients)}.`));
  return 0;
}

async function writeAgain(api: ApiClient, name: string, text: string): Promise<number> {
  const parsed = canonicalAddress(text.trim());
  if (!parsed.ok) throw new UsageError(parsed.reason);
  const agent = name.toLowerCase();
  const { address } = parsed;
  const gone = await api.call(outboxRoutes.unsuppress, { params: { agent, address } });
  if (gone.ok) {
    console.log(printable(`${agent} may write to ${address} again.`));
    return 0;
  }
  const listed = await api.call(outboxRoutes.listSuppressed, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, name);
  return notFound(gone, `${address} is not suppressed; see: tinyfat outbox suppressed ${agent}`);
}
