export * from './contract.ts';
export * from './database.ts';
export * from './receive.ts';
export * from './webhooks/index.ts';
export * from './work-loop.ts';
export * from './worker.ts';
