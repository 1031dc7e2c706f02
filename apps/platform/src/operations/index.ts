export * from './metrics.ts';
export * from './record.ts';
