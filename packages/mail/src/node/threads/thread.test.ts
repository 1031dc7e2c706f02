import { Worker } from 'node:worker_threads';
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
    const { cpuUsage }: Partial<Pick<Worker, 'cpuUsage'>> = Worker.prototype;
    afterEach(async () => {
      Object.assign(Worker.prototype, { cpuUsage });
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

    it('by a task that would compute, says so', async () => {
      // As on a machine of its own: a thread of a busy one has less of the processor than it would take.
      if (cpuUsage !== undefined) {
        Worker.prototype.cpuUsage = async function (this: Worker) {
          const { user, system } = await cpuUsage.call(this);
          return { user: user * 100, system };
        };
      }
      const failure = { ok: false, code: 'processor', alone: true };
      expect(await start().run(order('compute'), 500)).toMatchObject(failure);
    });

    it.each([
      [20_000, 'processor'],
      [19_999, 'deadline'],
    ])('is told by %d µs of the processor in 100 ms that its failure is %s', async (used, code) => {
      let asked = 0;
      Worker.prototype.cpuUsage = async () => ({ user: 70_000 + used * asked++, system: 0 });
      expect(await start().run(order('wait'), 100)).toMatchObject({ ok: false, code });
    });

    it.each([
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
        const hostile = thread.run(order(word), 500);
        expect(await hostile).toMatchObject({ ok: false, alone: false });
        expect(await waiting).toMatchObject({ ok: false, alone: false });
      },
    );
  });
});
