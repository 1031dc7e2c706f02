/** `tinyfat address create NAME`, `address list NAME`, `address revoke NAME ID`: secret addresses of an agent. */
import { senderRoutes } from '@tinyfat/platform';
import type { ApiClient } from '../client/api-client.ts';
import { notFound, withApi } from '../client/open-api.ts';
import { type Command, printable, printRows, readWords, time, UsageError } from './command.ts';
import { unknownAgent } from './named-agent.ts';

/** Makes, shows and revokes them. The address is printed once, when it is made. */
export const addressCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    note: { type: 'string', default: '' },
  });
  const [action, name, id] = positionals;
  const complete = action === 'revoke' ? id !== undefined : id === undefined;
  if (name === undefined || !complete || !['create', 'list', 'revoke'].includes(action ?? '')) {
    throw new UsageError(
      'write: address create NAME [--note TEXT], address list NAME or address revoke NAME ID',
    );
  }
  const agent = name.toLowerCase();
  return await withApi(config, async (api) => {
    if (action === 'list') return await list(api, agent, values.json === true);
    if (action === 'revoke') return await revoke(api, agent, id ?? '');
    return await create(api, agent, values.note);
  });
};

async function list(api: ApiClient, agent: string, json: boolean): Promise<number> {
  const listed = await api.call(senderRoutes.listSecretAddresses, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  const rows = listed.body.data.reverse().map((address) => ({
    id: address.id,
    note: address.note,
    created: time(address.created_at),
    last_used: time(address.last_used_at),
  }));
  printRows(rows, json, `No secret address yet. Make one: tinyfat address create ${agent}`);
  return 0;
}

async function revoke(api: ApiClient, agent: string, id: string): Promise<number> {
  const gone = await api.call(senderRoutes.revokeSecretAddress, { params: { agent, id } });
  if (gone.ok) {
    console.log('The address proves nothing any more; mail to it is checked like any other.');
    return 0;
  }
  const listed = await api.call(senderRoutes.listSecretAddresses, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  return notFound(gone, `${agent} has no such secret address; see: tinyfat address list ${agent}`);
}

async function create(api: ApiClient, agent: string, note: string): Promise<number> {
  const made = await api.call(senderRoutes.createSecretAddress, { params: { agent }, body: { note } });
  if (!made.ok) return unknownAgent(made, agent);
  console.log(printable(made.body.address));
  console.error(
    'Keep it between you and the sender: whoever knows it can write in the name of a listed sender whose domain proves nothing. Here it is shown once; the mails that come to it show it too.',
  );
  return 0;
}
