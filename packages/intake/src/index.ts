export * from './contract.ts';
export * from './enqueue.ts';
export * from './receive.ts';
export * from './webhooks/index.ts';
