import { WorkerEntrypoint } from 'cloudflare:workers';
import type { KeyStore, NewProviderKey, StoredKey } from '@tinyfat/database';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { storeOwnersKey } from '../keys/store-owners-key.ts';
import type { SandboxBindings } from './agent-sandbox.ts';
import { readSettings } from './config.ts';

/** Seals owners' keys for the platform: MASTER_KEYS are a secret of this Worker only. A key goes in and never comes out. */
export class Keys extends WorkerEntrypoint<SandboxBindings> implements KeyStore {
  async storeKey(asked: NewProviderKey): Promise<StoredKey> {
    const db = openHyperdrive(this.env.HYPERDRIVE.connectionString);
    try {
      return await storeOwnersKey({ db, masterKeys: readSettings(this.env).masterKeys }, asked);
    } finally {
      await db.destroy();
    }
  }
}
