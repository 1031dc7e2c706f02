export * from './job-queue.ts';
export * from './wake-up.ts';
export * from './within.ts';
export * from './work-loop.ts';
export * from './worker.ts';
