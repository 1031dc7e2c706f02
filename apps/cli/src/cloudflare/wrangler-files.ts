/** The files that wrangler reads: configuration and secrets, for this user alone, and gone afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerConfig } from './worker-configs.ts';

/** Paths. */
export interface WranglerFiles {
  folder: string;
  config: string;
  /** Null where there are no secrets. */
  secrets: string | null;
}

/** By which a terminal, a shell or a service ends a command, and its exit codes then. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Writes them, and removes them once `use` has settled, or the process is ended by a signal or an error. */
export async function withWranglerFiles<Result>(
  config: WorkerConfig,
  secrets: Readonly<Record<string, string>>,
  use: (files: WranglerFiles) => Promise<Result>,
): Promise<Result> {
  // Such a folder is made with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-deploy-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const handlers = Object.entries(SIGNALS).map(
    ([signal, code]) => [signal, () => process.exit(code)] as const,
  );
  process.once('exit', remove);
  for (const [signal, handler] of handlers) process.once(signal, handler);
  try {
    const hasSecrets = Object.keys(secrets).length > 0;
    const files = {
      folder,
      config: join(folder, 'wrangler.json'),
      secrets: hasSecrets ? join(folder, 'secrets.json') : null,
    };
    write(files.config, config);
    if (files.secrets !== null) write(files.secrets, secrets);
    return await use(files);
  } finally {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
    process.removeListener('exit', remove);
    remove();
  }
}

function write(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, null, 2), { mode: 0o600, flag: 'wx' });
}
