export * from './outcome.ts';
export * from './run-turn.ts';
