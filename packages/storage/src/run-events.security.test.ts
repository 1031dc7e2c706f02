/** Events are a file that the agent can write: what it puts there costs a bounded number of values, and no more. */
import type { ListedNames } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { folderRunEvents } from './run-events.ts';

const run = { id: 'run-1', agent_id: 'a', started_at: 0 };
const line = (event: object) => `${JSON.stringify({ ...event, run_id: run.id })}\n`;

async function eventsOf(text: string) {
  const bytes = Buffer.from(text);
  const folders = {
    list: async () => [
      {
        name: '2026-01-01.jsonl',
        kind: 'file' as const,
        size: bytes.length,
        modifiedAt: 0,
        executable: false,
      },
    ],
    readFrom: async (_agent: string, _path: string, offset: number, most: number) => ({
      ok: true as const,
      bytes: new Uint8Array(bytes.subarray(offset, offset + most)),
    }),
  };
  const events = await folderRunEvents(folders, () => 0)
    .read(run)
    .more(true);
  return events.map(({ event }) => event);
}

it('passes over an event that is deeper or holds more than any real one', async () => {
  const deep = `{"run_id":"run-1","z":${'['.repeat(5_000)}${']'.repeat(5_000)}}\n`;
  const full = `{"run_id":"run-1","z":[${'{},'.repeat(30_000)}{}]}\n`;
  expect(await eventsOf(line({ type: 'start' }) + deep + full + line({ type: 'end' }))).toMatchObject([
    { type: 'start' },
    { type: 'end' },
  ]);
});

it('ends where all events together hold more values than a run’s events do', async () => {
  const full = `{"run_id":"run-1","z":[${'{},'.repeat(9_000)}{}]}\n`;
  const events = await eventsOf(line({ type: 'start' }) + full.repeat(100));
  expect(events.length).toBeGreaterThan(5);
  expect(events.length).toBeLessThan(20);
});

it('are found however many runs there were before, by what is listed behind their beginning', async () => {
  const nameAt = (at: number) => `${new Date(at).toISOString().replace(/[:.]/g, '-')}.jsonl`;
  const began = 30_000 * 60_000;
  const names = Array.from({ length: 60_000 }, (_, minute) => nameAt(minute * 60_000));
  const bytes = new TextEncoder().encode(line({ type: 'start' }));
  const asked: number[] = [];
  const folders = {
    list: async (_agent: string, _folder: string, limit: number, { from = '' }: ListedNames = {}) => {
      asked.push(limit);
      const found = names.filter((name) => name >= from).slice(0, limit);
      const file = { kind: 'file' as const, size: 1, modifiedAt: 0, executable: false };
      return found.map((name) => ({ name, ...file }));
    },
    readFrom: async (_agent: string, path: string, offset: number) => ({
      ok: true as const,
      bytes: path === `events/${nameAt(began)}` ? bytes.subarray(offset) : new Uint8Array(),
    }),
  };
  const reader = folderRunEvents(folders, () => 0).read({ ...run, started_at: began });
  expect(await reader.more(true)).toMatchObject([{ seq: 1, event: { type: 'start' } }]);
  expect(asked).toEqual([1000]);
});
