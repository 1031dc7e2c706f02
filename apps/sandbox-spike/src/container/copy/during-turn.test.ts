/** What happens to a container while a turn runs in it: events go to the bucket, its folder is measured, its mail is read-only. */
import { folderRunEvents } from '@tinyfat/storage';
import { describe, expect, it, vi } from 'vitest';
import { copyFixture } from '../../test-support/copy-fixture.ts';
import { placeInbox, uploadEvents, watchQuota } from './index.ts';

const at = copyFixture();
/** Without root the stand-in has one user for root and agent. */
const isRoot = process.getuid?.() === 0;
const started = `{"type":"start","run_id":"run-1","timestamp":"2026-01-01T00:00:00.000Z"}`;
const NAME = 'events/2026-01-01T00-00-00-000Z.jsonl';

describe('events', () => {
  it('are in the bucket while the turn runs, and once after it', async () => {
    const copied = await at.copyIn();
    const { container, bucket, prefix } = at;
    const end = uploadEvents({ container, bucket, prefix, copied, everyMs: 10 });
    await at.agent(
      `echo '${started}' > ${NAME}; mkfifo events/2025.jsonl; ln -s /etc/passwd events/2024.jsonl`,
    );
    await vi.waitFor(() => expect(at.text(NAME)).toBe(`${started}\n`), 10_000);
    await at.agent(`echo '{"type":"text","content":"hello"}' >> ${NAME}`);
    const run = { id: 'run-1', agent_id: 'a', started_at: Date.UTC(2026, 0, 1) };
    const reader = folderRunEvents(at.folders, Date.now).read(run);
    await vi.waitFor(async () => expect(at.text(NAME)).toContain('hello'), 10_000);
    expect((await reader.more(true)).map(({ event }) => event.type)).toEqual(['start', 'text']);
    await end();
    await at.agent(`echo '{"type":"end"}' >> ${NAME}; rm events/2025.jsonl`);
    expect(await at.copyOut(copied)).toMatchObject({ warnings: [] });
    expect(at.text(NAME)?.split('\n')).toHaveLength(4);
    expect(at.keys().filter((key) => key.includes('conflict'))).toEqual([]);
  });

  it('that another wrote meanwhile are left alone, and a storage that fails ends nothing', async () => {
    const copied = await at.copyIn();
    const { container, bucket, prefix } = at;
    at.storage.store(`${prefix}${NAME}`, 'of another');
    let asked = 0;
    at.storage.meet(({ method }) => {
      if (method !== 'PUT') return null;
      asked += 1;
      return asked === 1 ? { status: 403, code: 'AccessDenied' } : null;
    });
    await at.agent(`echo '${started}' > ${NAME}`);
    const end = uploadEvents({ container, bucket, prefix, copied, everyMs: 10 });
    await vi.waitFor(() => expect(asked).toBe(2), 10_000);
    await end();
    expect(at.text(NAME)).toBe('of another');
  });
});

describe('a folder', () => {
  it('that grows beyond what it may hold ends the turn once, by what is stored of it', async () => {
    await at.copyIn();
    const stop = vi.fn();
    const end = watchQuota({ container: at.container, mostBytes: 10_000, everyMs: 10, stop });
    // Names of one file are stored one by one; a file without content has its length.
    await at.agent('head -c 4000 /dev/zero > a; ln a b; truncate -s 3000 c');
    await vi.waitFor(() => expect(stop).toHaveBeenCalled(), 10_000);
    await end();
    expect(stop.mock.calls).toEqual([['It holds more than 10 kB.']]);
  });

  it('within it, or measured after the end of the turn, ends nothing; one that can’t be measured does', async () => {
    await at.copyIn();
    const stop = vi.fn();
    let measured = 0;
    const container = {
      ...at.container,
      exec: (...asked: Parameters<typeof at.container.exec>) => {
        measured += 1;
        return at.container.exec(...asked);
      },
    };
    const end = watchQuota({ container, mostBytes: 10_000, everyMs: 10, stop });
    await vi.waitFor(() => expect(measured).toBeGreaterThan(2), 10_000);
    await end();
    expect(stop).not.toHaveBeenCalled();
    const broken = { ...at.container, exec: () => Promise.reject(new Error('gone')) };
    const endBroken = watchQuota({ container: broken, mostBytes: 10_000, everyMs: 1, stop });
    await vi.waitFor(() => expect(stop).toHaveBeenCalled(), 10_000);
    await endBroken();
    expect(stop.mock.calls).toEqual([['What it holds can not be measured.']]);
  });
});

describe('the inbox', () => {
  it.skipIf(!isRoot)('is there for the agent to read and not to write (needs root)', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const files = [
      { path: 'input.json', content: bytes('{}') },
      { path: 'attachments/-rf ü.txt', content: bytes('attached') },
      { path: `attachments/${'n'.repeat(250)}`, content: new Uint8Array(200_000) },
    ];
    const { container } = at;
    await placeInbox({ container, files, folders: ['attachments'], now: 0, withinMs: 10_000 });
    expect(
      await at.agent(
        'cat /inbox/input.json "/inbox/attachments/-rf ü.txt"; cat /inbox/attachments/n* | wc -c',
      ),
    ).toBe('{}attached200000\n');
    expect(
      await at.agent(
        'for f in /inbox /inbox/attachments /inbox/input.json; do test -w $f && echo $f; done; true',
      ),
    ).toBe('');
  });
});
