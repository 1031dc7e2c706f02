export * from './contract.ts';
export * from './database.ts';
export * from './worker.ts';
