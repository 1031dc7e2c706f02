/** Knowing when the last byte of an answer has been sent: what it is made of must live until then, and no longer. */

/** The same answer, and a promise that resolves once its body has ended, has failed, or its client has left. */
export async function withEnd(
  answer: Response,
  isHead: boolean,
): Promise<{ answer: Response; ended: Promise<void> }> {
  if (isHead || answer.body === null) {
    await answer.body?.cancel();
    return { answer: new Response(null, answer), ended: Promise.resolve() };
  }
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const reader = answer.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await reader.read();
        if (!next.done) return controller.enqueue(next.value);
        resolve();
        controller.close();
      } catch (error) {
        resolve();
        controller.error(error);
      }
    },
    async cancel(reason) {
      resolve();
      await reader.cancel(reason);
    },
  });
  return { answer: new Response(body, answer), ended };
}
