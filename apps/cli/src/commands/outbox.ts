/** `tinyfat outbox list [NAME]`, `outbox retry ID`, `outbox approve ID`. */
import { renderError } from '@tinyfat/core';
import { deliveryById, listDeliveries, requeueDelivery } from '@tinyfat/database';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

/** Shows outgoing mail, and lets held, failed or uncertain ones go. A running server sends them within a second. */
export const outboxCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, word] = positionals;
  if (action === 'list') {
    return await withData(config, async (data) => {
      const agent = word === undefined ? null : await namedAgent(data, word);
      if (word !== undefined && !agent) return 1;
      const rows = (await listDeliveries(data.db, agent?.id ?? null, 100)).map((delivery) => ({
        id: delivery.id,
        created: time(delivery.created_at),
        from: delivery.envelope_sender,
        to: delivery.recipients,
        subject: delivery.subject,
        state: delivery.state,
        attempts: delivery.attempts,
        reason:
          delivery.reason_code === null
            ? delivery.reason
            : renderError(delivery.reason_code, delivery.reason),
      }));
      printRows(rows, values.json === true, 'No mail went out yet.');
      return 0;
    });
  }
  if ((action !== 'retry' && action !== 'approve') || word === undefined) {
    throw new UsageError('write: outbox list [NAME], outbox retry ID or outbox approve ID');
  }
  return await withData(config, async (data) => {
    const delivery = await deliveryById(data.db, word);
    if (!delivery) {
      console.error(`tinyfat: there is no delivery ${word}; tinyfat outbox list shows them.`);
      return 1;
    }
    if (delivery.raw_key === '') {
      console.error(
        `tinyfat: this mail could not be composed (${delivery.reason}); the agent has to write it again.`,
      );
      return 1;
    }
    const from = action === 'approve' ? (['held'] as const) : (['failed', 'uncertain'] as const);
    if (!(await requeueDelivery(data.db, delivery.id, from, Date.now()))) {
      console.error(
        `tinyfat: the delivery is ${delivery.state}; ${action} is for ${from.join(' or ')} ones.`,
      );
      return 1;
    }
    console.log(`It waits to be sent to ${delivery.recipients}.`);
    return 0;
  });
};
