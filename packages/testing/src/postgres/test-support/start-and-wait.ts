/** A process that starts a server, says where, and waits to be killed. */
import { startPostgres } from '../start.ts';

const { direct } = await startPostgres({ fsync: true });
process.send?.(direct);
