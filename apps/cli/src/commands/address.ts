/** `tinyfat address create NAME`, `address list NAME`, `address revoke NAME ID`: secret addresses of an agent. */
import { randomBytes } from 'node:crypto';
import { canonicalAddress, newId, newSecretToken, secretTokenHash } from '@tinyfat/core';
import { deleteSecretAddress, insertSecretAddress, listSecretAddresses } from '@tinyfat/database';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';

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
  return await withData(config, async (data) => {
    const agent = await namedAgent(data, name);
    if (!agent) return 1;
    if (action === 'list') {
      const rows = (await listSecretAddresses(data.db, agent.id)).map((address) => ({
        id: address.id,
        note: address.note,
        created: time(address.created_at),
        last_used: time(address.last_used_at),
      }));
      printRows(
        rows,
        values.json === true,
        `No secret address yet. Make one: tinyfat address create ${agent.name}`,
      );
      return 0;
    }
    if (action === 'revoke') {
      if (await deleteSecretAddress(data.db, agent.id, id ?? '')) {
        console.log('The address proves nothing any more; mail to it is checked like any other.');
        return 0;
      }
      console.error(
        `tinyfat: ${agent.name} has no such secret address; see: tinyfat address list ${agent.name}`,
      );
      return 1;
    }
    const token = newSecretToken(randomBytes);
    const address = canonicalAddress(`${agent.name}+${token}@${config.mailDomain}`);
    if (!address.ok) {
      console.error(
        `tinyfat: the name ${agent.name} is too long for a secret address (${address.reason}); make an agent with a shorter name.`,
      );
      return 1;
    }
    await insertSecretAddress(data.db, {
      id: newId(Date.now, randomBytes),
      agent_id: agent.id,
      token_sha256: await secretTokenHash(token),
      note: values.note,
      created_at: Date.now(),
    });
    console.log(address.address);
    console.error(
      'Keep it between you and the sender: whoever knows it can write in the name of a listed sender whose domain proves nothing. Here it is shown once; the mails that come to it show it too.',
    );
    return 0;
  });
};
