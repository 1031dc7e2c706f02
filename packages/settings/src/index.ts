export * from './common.ts';
export * from './reader.ts';
export * from './values.ts';
export * as values from './values.ts';
