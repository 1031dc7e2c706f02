export * from './drain.ts';
export * from './job-queue.ts';
export * from './queue-times.ts';
export { LeaseLost, type WorkLoopOptions } from './rows-in-hand.ts';
export * from './until-written.ts';
export * from './waiting.ts';
export * from './wake-up.ts';
export * from './work-loop.ts';
export * from './worker.ts';
