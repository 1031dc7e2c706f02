import { afterEach, describe, expect, it } from 'vitest';
import { message } from '../../test-support/messages.ts';
import type { Task } from './operations.ts';
import { type MailThread, startThread } from './thread.ts';

const read = (raw: Uint8Array = message(['From: ann@example.com'], 'Hi.')): Task<'read'> => ({
  operation: 'read',
  args: [new Uint8Array(raw), true],
  modules: ['read'],
});

describe('a thread', () => {
  it('that is ended while it starts or loads, ends and says so to its calls', async () => {
    const exit = Promise.withResolvers<void>();
    const thread = startThread(256, exit.resolve);
    const called = thread.run(read(), 10_000);
    await thread.end();
    expect(await called).toMatchObject({ ok: false, code: 'not_begun' });
    expect(thread.calls()).toBe(null);
    await exit.promise;
  });

  it('runs a task once its modules are loaded', async () => {
    const thread = startThread(256, () => undefined);
    expect(await thread.run(read(), 10_000)).toMatchObject({ ok: true });
    expect(thread.calls()).toBe(0);
    await thread.end();
  });

  describe('that is misused', () => {
    const threads: MailThread[] = [];
    afterEach(async () => {
      for (const thread of threads.splice(0)) await thread.end();
    });
    function start(): MailThread {
      const program = new URL('../../test-support/hostile-worker.ts', import.meta.url);
      const thread = startThread(32, () => undefined, program);
      threads.push(thread);
      return thread;
    }
    const order = (word: string) => read(Buffer.from(word));

    it('by nobody does not charge a task for the time in which its modules are loaded', async () => {
      expect(await start().run(order('begin late'), 200)).toMatchObject({ ok: true });
    });

    it.each([
      ['compute', 2_000, 'processor'],
      ['wait', 500, 'deadline'],
      ['fill', 60_000, 'memory'],
      ['exit', 60_000, 'died'],
      ['throw', 60_000, 'threw'],
    ] as const)('by a task that would %s, says so', async (word, deadlineMs, code) => {
      expect(await start().run(order(word), deadlineMs)).toMatchObject({ ok: false, code, alone: true });
    });

    it.each(['compute', 'fill', 'exit'])(
      'by a task that would %s, tells its neighbours that they had company',
      async (word) => {
        const thread = start();
        const waiting = thread.run(order('wait'), 60_000);
        const hostile = thread.run(order(word), 1_000);
        expect(await hostile).toMatchObject({ ok: false, alone: false });
        expect(await waiting).toMatchObject({ ok: false, alone: false });
      },
    );
  });
});
