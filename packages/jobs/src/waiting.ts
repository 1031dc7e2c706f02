/** Waiting for a time, for work, or for a wake-up, whichever comes first. */

/** Awaits `work` for at most `milliseconds`; does not cancel it. Rejects as the work does. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, enough]);
  } finally {
    clearTimeout(timer);
  }
}

/** A pause that a wake-up ends. A wake-up between two pauses ends the next one, unless it was cleared. */
export function wakeablePause() {
  let woken = false;
  let ring = () => {};
  return {
    wake(): void {
      woken = true;
      ring();
    },
    clear(): void {
      woken = false;
    },
    async pause(milliseconds: number): Promise<void> {
      if (woken) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      ring = () => {};
    },
  };
}
