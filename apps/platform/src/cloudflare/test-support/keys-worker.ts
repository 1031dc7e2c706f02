/** The entrypoint `Keys` of the Worker that has the master keys, and nothing else of that Worker. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { parseMasterKeys } from '@tinyfat/core';
import type { NewProviderKey, StoredKey } from '@tinyfat/database';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { storeOwnersKey } from '../../../../sandbox-spike/src/keys/store-owners-key.ts';

interface Bindings {
  HYPERDRIVE: { connectionString: string };
  MASTER_KEYS: string;
}

export class Keys extends WorkerEntrypoint<Bindings> {
  async storeKey(key: NewProviderKey): Promise<StoredKey> {
    const db = openHyperdrive(this.env.HYPERDRIVE.connectionString);
    const parsed = parseMasterKeys(this.env.MASTER_KEYS);
    try {
      return await storeOwnersKey({ db, masterKeys: parsed.ok ? parsed.keys : null }, key);
    } finally {
      await db.destroy();
    }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
