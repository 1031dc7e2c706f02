/** Wake-ups within one process. */
import type { WakeTopic, WakeUp } from '@tinyfat/core';

export interface ProcessWakeUp extends WakeUp {
  /** Calls the listener at every wake-up of the topic from now on. */
  on(topic: WakeTopic, listener: () => void): void;
}

/** Makes one, without listeners. */
export function processWakeUp(): ProcessWakeUp {
  const listeners = new Map<WakeTopic, (() => void)[]>();
  return {
    wake(topic) {
      for (const listener of listeners.get(topic) ?? []) listener();
    },
    on(topic, listener) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
    },
  };
}
