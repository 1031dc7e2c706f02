/** `tinyfat outbox list|suppressed [NAME]`, `outbox retry|approve ID`, `outbox unsuppress NAME ADDR`. */
import { canonicalAddress, renderError } from '@tinyfat/core';
import {
  agentById,
  type DeliveryState,
  deliveryById,
  listDeliveries,
  listSuppressed,
  requeueDelivery,
  unsuppress,
} from '@tinyfat/database';
import type { DataFolder } from '../data-folder.ts';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

/** Which deliveries each action lets go. */
const FROM: Record<'retry' | 'approve', readonly DeliveryState[]> = {
  retry: ['failed', 'uncertain', 'bounced'],
  approve: ['held'],
};

/**
 * Shows outgoing mail, lets held, failed, uncertain or bounced ones go (a running server sends them within a second),
 * and shows whom mail does not reach.
 */
export const outboxCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, word, text] = positionals;
  if (action === 'list' || action === 'suppressed') {
    const show = action === 'list' ? deliveryRows : suppressedRows;
    const empty = action === 'list' ? 'No mail went out yet.' : 'Mail reaches everybody.';
    return await withData(config, async (data) => {
      const agent = word === undefined ? null : await namedAgent(data, word);
      if (word !== undefined && !agent) return 1;
      printRows(await show(data, agent?.id ?? null), values.json === true, empty);
      return 0;
    });
  }
  if (action === 'unsuppress' && word !== undefined && text !== undefined) {
    return await withData(config, (data) => writeAgain(data, word, text));
  }
  if ((action !== 'retry' && action !== 'approve') || word === undefined) {
    throw new UsageError(
      'write: outbox list [NAME], retry ID, approve ID, suppressed [NAME] or unsuppress NAME ADDR',
    );
  }
  return await withData(config, (data) => letGo(data, action, word));
};

async function deliveryRows(data: DataFolder, agentId: string | null) {
  return (await listDeliveries(data.db, agentId, 100)).map((delivery) => ({
    id: delivery.id,
    created: time(delivery.created_at),
    from: delivery.envelope_sender,
    to: delivery.recipients,
    subject: delivery.subject,
    state: delivery.state,
    delivered: time(delivery.delivered_at),
    attempts: delivery.attempts,
    reason:
      delivery.reason_code === null ? delivery.reason : renderError(delivery.reason_code, delivery.reason),
  }));
}

async function suppressedRows(data: DataFolder, agentId: string | null) {
  const rows = [];
  for (const one of await listSuppressed(data.db, agentId)) {
    const agent = await agentById(data.db, one.agent_id);
    rows.push({
      agent: agent?.name ?? one.agent_id,
      address: one.address,
      since: time(one.created_at),
      code: one.code,
      reason: one.reason,
      delivery: one.delivery_id,
    });
  }
  return rows;
}

async function letGo(data: DataFolder, action: 'retry' | 'approve', id: string): Promise<number> {
  const delivery = await deliveryById(data.db, id);
  if (!delivery) {
    console.error(`tinyfat: there is no delivery ${id}; tinyfat outbox list shows them.`);
    return 1;
  }
  if (delivery.raw_key === '') {
    console.error(
      `tinyfat: this mail could not be composed (${delivery.reason}); the agent has to write it again.`,
    );
    return 1;
  }
  const from = FROM[action];
  if (!(await requeueDelivery(data.db, delivery.id, from, Date.now()))) {
    console.error(`tinyfat: the delivery is ${delivery.state}; ${action} is for ${from.join(' or ')} ones.`);
    return 1;
  }
  console.log(`It waits to be sent to ${delivery.recipients}.`);
  return 0;
}

async function writeAgain(data: DataFolder, name: string, text: string): Promise<number> {
  const parsed = canonicalAddress(text.trim());
  if (!parsed.ok) throw new UsageError(parsed.reason);
  const agent = await namedAgent(data, name);
  if (!agent) return 1;
  const { address } = parsed;
  const gone = await unsuppress(data.db, agent.id, address);
  if (gone) console.log(`${agent.name} may write to ${address} again.`);
  else console.error(`tinyfat: ${address} is not suppressed; see: tinyfat outbox suppressed ${agent.name}`);
  return gone ? 0 : 1;
}
