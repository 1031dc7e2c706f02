/**
 * Wake-ups to and from other processes: on this machine by a folder that they watch, between machines by notifications of
 * Postgres. Nothing waits for them: every worker also looks at its rows once a second.
 */
import { faultText, type Logger } from '@tinyfat/core';
import { listen, notify } from '@tinyfat/database/postgres';
import { type ProcessWakeUp, processWakeUp, WAKE_TOPICS, wakeTopic } from '@tinyfat/jobs';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import type { RunFolder } from '../files/run-folders.ts';
import { openWakeFolder } from '../files/wake-folder.ts';
import type { Role } from '../roles.ts';
import type { Part } from './part.ts';

interface WakeUpDeps {
  role: Role;
  data: Pick<DataFolder, 'db' | 'paths'>;
  runFolder: Pick<RunFolder, 'name'>;
  /** Of this process, unlike all others everywhere. */
  processId: string;
  logger: Logger;
}

interface SharedWakeUp {
  wakeUp: ProcessWakeUp;
  close(): Promise<void>;
}

const CHANNEL = 'tinyfat_wake_up';

/** Carries wake-ups of this process to the others, and theirs to this one. */
export function wakeUps({ database }: Pick<Config, 'database'>, deps: WakeUpDeps): Part<SharedWakeUp> {
  return {
    name: 'wake-ups',
    async start() {
      const wakeUp = processWakeUp();
      const closers = [
        // A server with all roles is alone on its folder.
        ...(deps.role === 'all' ? [] : [overFolder(wakeUp, deps)]),
        ...(database === null ? [] : [overPostgres(wakeUp, database, deps)]),
      ];
      return {
        wakeUp,
        async close() {
          for (const close of closers) await close();
        },
      };
    },
    stop: (shared) => shared.close(),
  };
}

function overFolder(wakeUp: ProcessWakeUp, { data, runFolder, logger }: WakeUpDeps): () => void {
  try {
    return openWakeFolder({ folder: data.paths.wake, name: runFolder.name, wakeUp, logger });
  } catch (error) {
    logger.warn('wake_ups_by_poll', { error: faultText(error) });
    return () => {};
  }
}

function overPostgres(
  wakeUp: ProcessWakeUp,
  { directUrl, authorities }: NonNullable<Config['database']>,
  { data, processId, logger }: WakeUpDeps,
): () => Promise<void> {
  let listening = false;
  const onTheirWay = new Set<string>();
  wakeUp.carry((topic) => {
    // One that has not arrived yet wakes as well as two.
    if (!listening || onTheirWay.has(topic)) return;
    onTheirWay.add(topic);
    notify(data.db, CHANNEL, `${topic} ${processId}`)
      .catch((error: unknown) => logger.debug('wake_up_failed', { error: faultText(error) }))
      .finally(() => onTheirWay.delete(topic));
  });
  const line = listen({
    url: directUrl,
    authorities,
    channel: CHANNEL,
    onNotification(payload) {
      const [name = '', sender] = payload.split(' ');
      const topic = wakeTopic(name);
      if (topic !== undefined && sender !== processId) wakeUp.arrive(topic);
    },
    onListening() {
      listening = true;
      logger.debug('wake_ups_heard');
      for (const topic of WAKE_TOPICS) wakeUp.arrive(topic);
    },
    onInterrupted(error) {
      listening = false;
      logger.warn('wake_ups_interrupted', { error: faultText(error) });
    },
    onPooler: () =>
      logger.info('wake_ups_by_poll', {
        reason: 'The database is reached through a pooler.',
        nextStep: 'Set DATABASE_DIRECT_URL to the server itself for wake-ups between machines.',
      }),
  });
  return () => line.close();
}
