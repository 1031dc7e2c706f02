/** An agent that fills its folder of sessions keeps nobody waiting, and gets no endless answer. */
import type { FolderEntry } from '@tinyfat/core';
import { letterText } from '@tinyfat/mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Outbox, openOutbox, workOf } from '../test-support/outbox.ts';
import type { CommandContext } from './context.ts';
import { resume } from './resume.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

/** As `/resume` sees it, with so many sessions whose hashes begin alike. */
async function context(sessions: number): Promise<CommandContext> {
  const entries = Array.from({ length: sessions }, (_, number): FolderEntry => {
    const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString().replace(/[:.]/g, '-');
    const group = number.toString(16).padStart(12, '0');
    return {
      name: `${time}_01990000-0000-7000-8000-${group}.jsonl`,
      kind: 'file',
      size: 0,
      modifiedAt: 0,
      executable: false,
    };
  });
  const list = async (_agent: string, _folder: string, limit: number) => entries.slice(0, limit);
  const deps = { ...outbox.deps, folders: { ...outbox.deps.folders, list } };
  const config = { model: null, sessionScope: 'agent' };
  return { deps, work: await workOf(outbox, 'mail'), config, scope: 'agent' } as unknown as CommandContext;
}

it('lists the newest 20 of 9,900 sessions, and says how many more there are', async () => {
  const text = letterText((await resume(await context(9900), null)).letter, null);
  const lines = text.split('\n').filter((line) => line.includes(' turn'));
  expect(lines).toHaveLength(20);
  expect(lines[0]).toMatch(/^0000000026ab – /);
  expect(lines[0]).toContain('2026-01-01 02:44 UTC');
  expect(text).toContain('… and 9880 older ones.');
  expect(text).not.toContain('were not looked at');
});

it('names 20 of those that a short hash could mean', async () => {
  const { letter, sessionId } = await resume(await context(300), '0');
  const text = letterText(letter, null);
  expect(sessionId).toBeUndefined();
  expect(text.match(/\b0000[0-9a-f]+/g)).toHaveLength(20);
  expect(text).toContain('00000000012b');
  expect(text).toContain('and 280 older ones.');
});

it('says that it did not look at all the files', async () => {
  const text = letterText((await resume(await context(10_050), 'ffff')).letter, null);
  expect(text).toContain('ffff is none');
  expect(text).toContain('more than 10000 files');
});
