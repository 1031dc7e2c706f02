/** A wake-up reaches the other processes of a machine, and not the one that it comes from. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processWakeUp } from '@tinyfat/jobs';
import { expect, onTestFinished, test } from 'vitest';
import { forgetWaker, openWakeFolder } from './wake-folder.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function wakers(...names: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-wake-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const opened = names.map((name) => {
    const wakeUp = processWakeUp();
    return { wakeUp, close: openWakeFolder({ folder, name, wakeUp, logger }) };
  });
  onTestFinished(() => {
    for (const { close } of opened) close();
  });
  return { folder, opened };
}

test('each topic reaches the others, and the one that says it hears it once', async () => {
  const { folder, opened } = wakers('smtp-000000', 'worker-000000');
  const [smtp, worker] = opened;
  if (!smtp || !worker) throw new Error('there are two');
  const heard: string[] = [];
  smtp.wakeUp.on('jobs', () => heard.push('smtp'));
  worker.wakeUp.on('deliveries', () => heard.push('deliveries'));
  const woken = new Promise<void>((resolve) => worker.wakeUp.on('jobs', resolve));
  writeFileSync(join(folder, 'jobs'), '');
  writeFileSync(join(folder, 'nothing.smtp-000000'), '');
  smtp.wakeUp.wake('jobs');
  await woken;
  // What the folder says of the wake-up has arrived at both: they are watched by one thread, in order.
  const answered = new Promise<void>((resolve) => smtp.wakeUp.on('reports', resolve));
  worker.wakeUp.wake('reports');
  await answered;
  expect(heard).toEqual(['smtp']);
});

test('one that was closed leaves nothing and says nothing; one that died is forgotten', () => {
  const { folder, opened } = wakers('worker-000000', 'worker-000001');
  opened[0]?.close();
  opened[0]?.wakeUp.wake('jobs');
  expect(readdirSync(folder).every((name) => name.endsWith('.worker-000001'))).toBe(true);
  forgetWaker(folder, 'worker-000001');
  expect(readdirSync(folder)).toEqual([]);
});
