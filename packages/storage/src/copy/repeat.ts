/** Does `round` again and again with `everyMs` in between, until the function that it gives is called, which awaits the last one. */
export function repeat(everyMs: number, round: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  let running = Promise.resolve();
  let timer: ReturnType<typeof setTimeout>;
  const next = () => {
    timer = setTimeout(() => {
      // A round that fails is made up for by the next one, or by the end of the turn.
      running = round().catch(() => undefined);
      running.then(() => isOver || next());
    }, everyMs);
  };
  next();
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await running;
  };
}
