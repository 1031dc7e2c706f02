export * from './names.ts';
export * from './run-events.ts';
export type { FolderTrees, TreeEntry, TreeWriter } from './trees.ts';
