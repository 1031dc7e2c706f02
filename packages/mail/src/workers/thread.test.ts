import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { startThread } from './thread.ts';

const load = { operation: 'load', part: 'read' } as const;
const read = () => ({
  operation: 'read' as const,
  raw: new Uint8Array(message(['From: ann@example.com'], 'Hi.')),
  plain: true,
});

describe('a thread', () => {
  it('that is ended while it starts or loads, ends and says so to its calls', async () => {
    const exit = Promise.withResolvers<void>();
    const thread = startThread(256, exit.resolve);
    const called = thread.run(load, 10_000);
    await thread.end();
    expect(await called).toMatchObject({ ok: false, code: 'deadline' });
    expect(thread.calls()).toBe(null);
    await exit.promise;
  });

  it('does not charge a task for the time in which its libraries are loaded', async () => {
    const thread = startThread(256, () => undefined);
    // Loading alone takes many times as long as this deadline.
    const outcome = await thread.run(load, 1);
    expect(outcome).toMatchObject({ ok: true });
    expect(await thread.run(read(), 10_000)).toMatchObject({ ok: true });
    expect(thread.calls()).toBe(0);
    await thread.end();
  });
});
