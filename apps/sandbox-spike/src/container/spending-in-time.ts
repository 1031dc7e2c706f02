import type { RunSpending } from '@tinyfat/core';

/** The same, but a call that is not answered within `ms` rejects: one to a consumer that died may never be. */
export function spendingInTime(spending: RunSpending, ms: number): RunSpending {
  const { models, reserved } = spending;
  return {
    models,
    reserved,
    reserve: (more, whole) => inTime(spending.reserve(more, whole), ms),
    settle: (used) => inTime(spending.settle(used), ms),
  };
}

async function inTime<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the consumer of the turn does not answer')), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
