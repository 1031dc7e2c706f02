/**
 * Wake-ups between the processes of one machine: each touches a file `{topic}.{process}` in a folder that all of them
 * watch (inotify(7)). What is lost is found by the polls.
 */
import { closeSync, mkdirSync, openSync, rmSync, utimesSync, watch } from 'node:fs';
import { join } from 'node:path';
import { faultBarrier, faultText, type Logger, type WakeTopic } from '@tinyfat/core';
import { type ProcessWakeUp, WAKE_TOPICS, wakeTopic } from '@tinyfat/jobs';

interface WakeFolderDeps {
  folder: string;
  /** Of this process; without a dot. */
  name: string;
  wakeUp: ProcessWakeUp;
  logger: Logger;
}

/** Begins to carry wake-ups; gives the function that ends it. Throws where the folder can not be made or watched. */
export function openWakeFolder({ folder, name, wakeUp, logger }: WakeFolderDeps): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (topic: WakeTopic) => join(folder, `${topic}.${name}`);
  for (const topic of WAKE_TOPICS) closeSync(openSync(pathOf(topic), 'w', 0o600));
  const guard = faultBarrier((error) => logger.warn('wake_up_failed', { error: faultText(error) }));
  const watcher = watch(
    folder,
    guard((event: string, file: string | null) => {
      // Files also come and go with their processes.
      if (event !== 'change') return;
      const [topic = '', sender] = (file ?? '').split('.');
      const known = wakeTopic(topic);
      if (known !== undefined && sender !== undefined && sender !== name) wakeUp.arrive(known);
    }),
  );
  watcher.on('error', (error) => logger.warn('wake_up_failed', { error: faultText(error) }));
  let open = true;
  wakeUp.carry(
    guard((topic: WakeTopic) => {
      const now = new Date();
      if (open) utimesSync(pathOf(topic), now, now);
    }),
  );
  return () => {
    open = false;
    watcher.close();
    for (const topic of WAKE_TOPICS) rmSync(pathOf(topic), { force: true });
  };
}

/** Removes what a process that has died left in the folder. */
export function forgetWaker(folder: string, name: string): void {
  for (const topic of WAKE_TOPICS) rmSync(join(folder, `${topic}.${name}`), { force: true });
}
