export * from './names.ts';
export * from './run-events.ts';
