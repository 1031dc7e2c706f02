/** `tinyfat mails [NAME]`, `mails show|raw|release|discard ID`, `mails discard --all NAME`: every mail that came. */
import { agentById, listMails } from '@tinyfat/database';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { discardAll, discardMail, rawMail, releaseMail, showMail } from './mail-record.ts';
import { namedAgent, withData } from './open.ts';

const ACTIONS = new Map([
  ['show', showMail],
  ['raw', rawMail],
  ['release', releaseMail],
  ['discard', discardMail],
]);

/** Lists mails, newest first; or does something with one of them. */
export const mailsCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    all: { type: 'boolean' },
    limit: { type: 'string', default: '50' },
  });
  const [name, id, ...rest] = positionals;
  if (values.all && id === undefined) throw new UsageError('write: mails discard --all NAME');
  if (id !== undefined) {
    const action = ACTIONS.get(name ?? '');
    if (!action || rest.length > 0 || (values.all && name !== 'discard')) {
      throw new UsageError(
        'write: mails [NAME], mails show|raw|release|discard ID, or mails discard --all NAME',
      );
    }
    if (values.all) return await withData(config, (data) => discardAll(data, id));
    return await withData(config, (data) => action(data, config, id, values.json === true));
  }
  return await withData(config, async (data) => {
    const agent = name === undefined ? null : await namedAgent(data, name);
    if (name !== undefined && !agent) return 1;
    const names = new Map<string, string>();
    const rows = [];
    for (const mail of await listMails(data.db, agent?.id ?? null, Number(values.limit) || 50)) {
      if (!names.has(mail.agent_id)) {
        names.set(mail.agent_id, (await agentById(data.db, mail.agent_id))?.name ?? mail.agent_id);
      }
      const row = {
        id: mail.id,
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
