/** `tinyfat address create|list NAME`, `tinyfat address revoke NAME ID`: secret addresses of an agent. */
import { senderRoutes } from '@tinyfat/platform';
import { notFound, overApi } from '../client/open-api.ts';
import { shortIds } from '../output/short-id.ts';
import { printTable } from '../output/table.ts';
import { printable, time } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';

/** Lists them, without what is secret. */
export const listAddresses = overApi<[string], { json: boolean }>(async (api, { words: [name], options }) => {
  const agent = name.toLowerCase();
  const listed = await api.call(senderRoutes.listSecretAddresses, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  const short = shortIds(listed.body.data.map(({ id }) => id));
  printTable(
    listed.body.data.reverse(),
    {
      columns: [
        { head: 'id', cell: ({ id }) => short(id) },
        { head: 'note', cell: ({ note }) => note, least: 10 },
        { head: 'created', cell: ({ created_at: at }) => time(at) },
        { head: 'last used', cell: ({ last_used_at: at }) => time(at) },
      ],
      json: ({ id, note, created_at: created, last_used_at: last_used }) => ({
        id,
        note,
        created,
        last_used,
      }),
      empty: `No secret address yet. Make one: tinyfat address create ${agent}`,
    },
    options.json,
  );
  return 0;
});

/** Ends one: mail to it is checked like any other from now on. */
export const revokeAddress = overApi<[string, string]>(async (api, { words: [name, id] }) => {
  const agent = name.toLowerCase();
  const gone = await api.call(senderRoutes.revokeSecretAddress, { params: { agent, id } });
  if (gone.ok) {
    console.log('The address proves nothing any more; mail to it is checked like any other.');
    return 0;
  }
  const listed = await api.call(senderRoutes.listSecretAddresses, { params: { agent } });
  if (!listed.ok) return unknownAgent(listed, agent);
  return notFound(gone, `${agent} has no such secret address; see: tinyfat address list ${agent}`);
});

/** Makes one; the address alone goes to standard output, this once. */
export const createAddress = overApi<[string], { note: string }>(async (api, { words: [name], options }) => {
  const agent = name.toLowerCase();
  const made = await api.call(senderRoutes.createSecretAddress, {
    params: { agent },
    body: { note: options.note },
  });
  if (!made.ok) return unknownAgent(made, agent);
  console.log(printable(made.body.address));
  console.error(
    'Keep it between you and the sender: whoever knows it can write in the name of a listed sender whose domain proves nothing. Here it is shown once; the mails that come to it show it too.',
  );
  return 0;
});
