export * from './common.ts';
export * from './isolate-runtime.ts';
export * from './logger.ts';
export * from './models.ts';
export * from './reader.ts';
export * from './values.ts';
export * as values from './values.ts';
