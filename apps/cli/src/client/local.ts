/** The API over this machine's data folder, called in this process as the operator. */
import { join } from 'node:path';
import { UNCOUNTED } from '@tinyfat/core';
import { API_PREFIX, createApi, OPERATOR } from '@tinyfat/platform';
import { commandApiDeps } from '@tinyfat/server/api-deps';
import type { Config } from '@tinyfat/server/config';
import type { DataFolder } from '@tinyfat/server/data-folder';
import { makeLogger } from '@tinyfat/settings';
import { type ApiClient, callThrough } from './api-client.ts';

const HERE = { clientAddress: '127.0.0.1', local: true };

/** A client that sees everything of the folder. Works beside a running server. */
export function localApi(config: Config, data: DataFolder): ApiClient {
  const logger = makeLogger({ level: 'warn', plain: true, write: (line) => console.error(line) });
  // A fault of the API is thrown, so that the command reports it as its own.
  let fault: { error: unknown } | null = null;
  const onFault = (error: unknown) => {
    fault = { error };
  };
  const api = createApi({ ...commandApiDeps(config, data, logger), onFault }, OPERATOR);
  return {
    call: callThrough(async ({ method, path, body }) => {
      const headers = { 'content-type': 'application/json' };
      const request = new Request(`http://localhost${API_PREFIX}${path}`, { method, headers, body });
      const answer = await api(request, HERE, UNCOUNTED);
      if (fault !== null) throw fault.error;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { ok: true, status: answer.status, headers: answer.headers, bytes };
    }),
    agentFolder: (id) => folderPlace(config.storage, data.paths, id),
  };
}

/** Where a person finds the folder of an agent. */
function folderPlace(storage: Config['storage'], paths: DataFolder['paths'], id: string): string {
  if (storage === null) return join(paths.agents, id);
  return `s3://${storage.account.bucket}/${storage.root}agents/${id}`;
}
