export { foldersAsTrees } from './folders-as-trees.ts';
export * from './names.ts';
export * from './run-events.ts';
