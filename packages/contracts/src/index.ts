export * from './agent-folders.ts';
export * from './job-queue.ts';
export * from './mail-queue.ts';
export * from './mail-row.ts';
export * from './mail-transport.ts';
export * from './raw-mail-store.ts';
export * from './sandbox.ts';
export * from './turn-runner.ts';
