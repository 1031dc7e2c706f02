/** Wake-ups within one process, and to and from others. */
import type { WakeTopic, WakeUp } from '@tinyfat/core';

export interface ProcessWakeUp extends WakeUp {
  /** Calls the listener at every wake-up of the topic from now on. */
  on(topic: WakeTopic, listener: () => void): void;
  /** A wake-up that came from another process: calls the listeners, and goes no further. */
  arrive(topic: WakeTopic): void;
  /** Hands every wake-up of this process to a carrier from now on, which must not throw. */
  carry(carrier: (topic: WakeTopic) => void): void;
}

/** All topics. */
export const WAKE_TOPICS: readonly WakeTopic[] = [
  'jobs',
  'deliveries',
  'reports',
  'webhook_events',
  'sign_in_mails',
];

/** The topic with that name; undefined where there is none. */
export function wakeTopic(name: string): WakeTopic | undefined {
  return WAKE_TOPICS.find((topic) => topic === name);
}

/** Makes one, without listeners and carriers. */
export function processWakeUp(): ProcessWakeUp {
  const listeners = new Map<WakeTopic, (() => void)[]>();
  const carriers: ((topic: WakeTopic) => void)[] = [];
  const arrive = (topic: WakeTopic) => {
    for (const listener of listeners.get(topic) ?? []) listener();
  };
  return {
    wake(topic) {
      arrive(topic);
      for (const carrier of carriers) carrier(topic);
    },
    on(topic, listener) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
    },
    arrive,
    carry: (carrier) => void carriers.push(carrier),
  };
}
