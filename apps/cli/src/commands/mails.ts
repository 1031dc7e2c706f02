/** `tinyfat mails [NAME]`, `mails show|raw|release|discard ID`, `mails discard --all NAME`: every mail that came. */
import { mailRoutes } from '@tinyfat/platform';
import { listAll } from '../client/list-all.ts';
import { refused, withApi } from '../client/open-api.ts';
import type { Config } from '../config.ts';
import { type Command, printJson, printRows, readLimit, readWords, time, UsageError } from './command.ts';
import { discardAll, discardMail, rawMail, releaseMail, showMail } from './mail-record.ts';
import { unknownAgent } from './named-agent.ts';

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
  if (id === undefined) return await list(config, name, readLimit(values.limit), values.json === true);
  const action = ACTIONS.get(name ?? '');
  if (!action || rest.length > 0 || (values.all && name !== 'discard')) {
    throw new UsageError(
      'write: mails [NAME], mails show|raw|release|discard ID, or mails discard --all NAME',
    );
  }
  return await withApi(config, (api) =>
    values.all ? discardAll(api, id) : action(api, id, values.json === true),
  );
};

async function list(
  config: Config,
  agent: string | undefined,
  limit: number,
  json: boolean,
): Promise<number> {
  return await withApi(config, async (api) => {
    const mails = await listAll(
      (page) => api.call(mailRoutes.listMails, { query: { ...page, agent } }),
      limit,
    );
    if (!mails.ok) return agent === undefined ? refused(mails) : unknownAgent(mails, agent);
    const rows = mails.body.map((mail) => ({
      id: mail.id,
      received: time(mail.received_at),
      agent: mail.agent,
      from: mail.sender ?? mail.envelope_sender,
      subject: mail.subject,
      verdict: mail.verdict,
      state: mail.state,
      reason: mail.state_reason || mail.reason,
    }));
    if (!json) printRows(rows, false, 'No mail came yet.');
    else
      printJson(
        mails.body.map((mail, at) => ({
          ...rows[at],
          reason_code: mail.reason_code,
          verdict_reason: mail.reason,
          message_id: mail.message_id,
          envelope_sender: mail.envelope_sender,
          envelope_recipient: mail.envelope_recipient,
          client_address: mail.client_address,
          bytes: mail.raw_bytes,
          evidence: mail.evidence,
        })),
      );
    return 0;
  });
}
