/** `tinyfat mails [NAME]`: every inbound mail with its verdict. */
import { agentById, listMails } from '@tinyfat/database';
import { type Command, printRows, readWords, time } from './command.ts';
import { namedAgent, withData } from './open.ts';

/** Lists mails, newest first. */
export const mailsCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    limit: { type: 'string', default: '50' },
  });
  return await withData(config, async (data) => {
    const [name] = positionals;
    const agent = name === undefined ? null : await namedAgent(data, name);
    if (name !== undefined && !agent) return 1;
    const names = new Map<string, string>();
    const rows = [];
    for (const mail of await listMails(data.db, agent?.id ?? null, Number(values.limit) || 50)) {
      if (!names.has(mail.agent_id)) {
        names.set(mail.agent_id, (await agentById(data.db, mail.agent_id))?.name ?? mail.agent_id);
      }
      const row = {
        received: time(mail.received_at),
        agent: names.get(mail.agent_id) ?? '',
        from: mail.sender ?? mail.envelope_sender,
        subject: mail.subject,
        verdict: mail.verdict,
        state: mail.state,
        reason: mail.state_reason || mail.reason,
      };
      rows.push(
        values.json
          ? {
              ...row,
              id: mail.id,
              reason_code: mail.reason_code,
              verdict_reason: mail.reason,
              message_id: mail.message_id,
              envelope_sender: mail.envelope_sender,
              envelope_recipient: mail.envelope_recipient,
              client_address: mail.client_address,
              bytes: mail.raw_bytes,
              evidence: mail.evidence,
            }
          : row,
      );
    }
    printRows(rows, values.json === true, 'No mail came yet.');
    return 0;
  });
};
