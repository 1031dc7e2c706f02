/** `tinyfat key rotate`: wraps every stored key anew, on the machine that has the master keys. */
import { renderError } from '@tinyfat/core';
import { type Rotation, rotateMasterKeys } from '@tinyfat/database';
import { masterKeysOf } from '@tinyfat/server/data-folder';
import { withData } from '../client/open-api.ts';
import type { Run } from '../command.ts';

/** Says what was wrapped and which master keys are no longer needed; 1 where a key does not open. */
export const rotateKeys: Run = async (_given, config) =>
  await withData(config, async (data) => {
    const source = masterKeysOf(config, data);
    const rotation = await rotateMasterKeys(data.db, source);
    if (!rotation.ok) {
      console.error(`tinyfat: ${renderError(rotation.code, rotation.detail)}`);
      return 1;
    }
    for (const line of story(rotation, source.kind)) console.log(line);
    for (const { owner, provider, reason } of rotation.unreadable) {
      console.error(
        `tinyfat: the ${provider} key of ${owner} does not open (${reason}) and stays as it is; store it again: tinyfat key set --owner ${owner} --provider ${provider}`,
      );
    }
    return rotation.unreadable.length > 0 ? 1 : 0;
  });

function story({ current, rewrapped, retired }: Rotation, kind: 'environment' | 'file'): string[] {
  const keys = rewrapped === 1 ? '1 key is' : `${rewrapped} keys are`;
  const done = `The master key is ${current}; ${keys} wrapped anew.`;
  if (retired.length === 0) {
    return kind === 'file' || rewrapped > 0
      ? [done]
      : [done, 'For a new master key, put it first in MASTER_KEYS, restart the server, and rotate again.'];
  }
  const old = retired.join(', ');
  return kind === 'file'
    ? [done, `Removed: ${old}.`]
    : [done, `No longer needed in MASTER_KEYS: ${old}. Take it out and restart the server.`];
}
