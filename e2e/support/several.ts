/** One installation as several processes on one data folder: each with a role, each killed and started by itself. */
import type { Role } from '@tinyfat/server/roles';
import type { ReceivedMail } from './mail.ts';
import { makePlace, type Place, type ServerOptions, type ServerProcess, serverProcess } from './tinyfat.ts';

export interface Several extends Omit<Place, 'answers' | 'dispose'> {
  smtpPort: number;
  processes: Readonly<Record<string, ServerProcess>>;
  /** Waits until the Maildir holds this many mails. */
  answers(count: number): Promise<ReceivedMail[]>;
  /** The name of the process with that id. */
  nameOf(pid: number): string;
  /** Stops all of them, in order. */
  dispose(): Promise<void>;
}

/** Starts all at once on a folder that is new; `roles`: name of a process → its role. */
export async function startSeveral({
  roles,
  ...options
}: ServerOptions & { roles: Readonly<Record<string, Role>> }): Promise<Several> {
  const place = await makePlace(options);
  const processes = Object.fromEntries(
    Object.entries(roles).map(([name, role]) => [
      name,
      serverProcess(['--role', role], { HEALTH_PORT: '0', ...place.environment }),
    ]),
  );
  const all = Object.values(processes);
  await Promise.all(all.map((one) => one.start()));
  return {
    ...place,
    smtpPort: 2525,
    processes,
    answers: (count) => place.answers(count, all),
    nameOf(pid) {
      const found = Object.entries(processes).find(([, one]) => one.pid() === pid);
      if (!found) throw new Error(`${pid} is none of ${Object.keys(processes)}`);
      return found[0];
    },
    async dispose() {
      await Promise.all(all.map((one) => one.kill('SIGTERM')));
      await place.dispose();
    },
  };
}
