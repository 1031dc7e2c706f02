export * from './common.ts';
export * from './models.ts';
export * from './reader.ts';
export * from './values.ts';
