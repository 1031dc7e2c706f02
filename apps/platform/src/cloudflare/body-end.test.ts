/** When an answer's body has ended. */
import { describe, expect, it } from 'vitest';
import { withEnd } from './body-end.ts';

/** Whether it has, a moment later. */
async function hasEnded(ended: Promise<void>): Promise<boolean> {
  return await Promise.race([
    ended.then(() => true),
    new Promise<false>((resolve) => setTimeout(resolve, 0, false)),
  ]);
}

function answerOf(source: ConstructorParameters<typeof ReadableStream<Uint8Array>>[0]): Response {
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), {
    status: 201,
    headers: { 'x-own': '1' },
  });
}

describe('the end of an answer', () => {
  it('comes with its last byte, and not before', async () => {
    let pieces = 2;
    const given = answerOf({
      pull: (controller) => (pieces-- > 0 ? controller.enqueue(new Uint8Array(3)) : controller.close()),
    });
    const { answer, ended } = await withEnd(given, false);
    expect([answer.status, answer.headers.get('x-own')]).toEqual([201, '1']);
    const reader = answer.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(3);
    expect(await hasEnded(ended)).toBe(false);
    await reader?.read();
    expect((await reader?.read())?.done).toBe(true);
    expect(await hasEnded(ended)).toBe(true);
  });

  it('comes when the client leaves, which its source learns', async () => {
    let cancelled = false;
    const given = answerOf({
      pull: () => new Promise(() => {}),
      cancel() {
        cancelled = true;
      },
    });
    const { answer, ended } = await withEnd(given, false);
    await answer.body?.cancel();
    expect([await hasEnded(ended), cancelled]).toEqual([true, true]);
  });

  it('comes with a failure of its source', async () => {
    const given = answerOf({
      pull() {
        throw new Error('the bucket is gone');
      },
    });
    const { answer, ended } = await withEnd(given, false);
    await expect(answer.text()).rejects.toThrow('the bucket is gone');
    expect(await hasEnded(ended)).toBe(true);
  });

  it('is there at once without a body, and the body for a HEAD is never read', async () => {
    let [read, cancelled] = [false, false];
    const source = {
      pull() {
        read = true;
      },
      cancel() {
        cancelled = true;
      },
    };
    const { answer, ended } = await withEnd(answerOf(source), true);
    expect([answer.body, answer.status, await hasEnded(ended)]).toEqual([null, 201, true]);
    expect([read, cancelled]).toEqual([false, true]);
    expect(await hasEnded((await withEnd(new Response(null, { status: 204 }), false)).ended)).toBe(true);
  });
});
