export * from './agent-folders.ts';
