/**
 * The process that owns a cluster: forked by `startPostgres`, and the one that ends the cluster when that process asks,
 * or has died by whatever means.
 */
import { startCluster } from './cluster.ts';
import type { FromSupervisor, ToSupervisor } from './start.ts';

const answer = (message: FromSupervisor) => process.connected && process.send?.(message);
// Those who started this process end it by its channel; a signal to their group is not for the cluster.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const cluster = startCluster(JSON.parse(process.argv[2] ?? '{}'));

process.on('disconnect', async () => {
  await cluster.then(
    ({ stop }) => stop(),
    () => {},
  );
  process.exit();
});
process.on('message', async (message: ToSupervisor) => {
  try {
    await (await cluster)[message]();
    answer({ did: message });
  } catch (error) {
    answer({ error: String(error) });
  }
});

try {
  const { direct, pooler, admin } = await cluster;
  answer({ addresses: { direct, pooler, admin } });
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
}
