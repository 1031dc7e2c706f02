export { type DirectoryFolders, directoryFolders } from './directory.ts';
export { masterKeyFile } from './master-key-file.ts';
export { rawMailDirectory } from './raw-mail.ts';
export type { TreeEntry } from './tree/read-tree.ts';
export type { TreeWriter } from './tree/write-tree.ts';
