export { type DirectoryFolders, directoryFolders } from './directory.ts';
export { type FolderThread, folderThread, syncFileSystem } from './folder-size/folder-thread.ts';
export { type WalkedFolder, walkFolder } from './folder-size/walk-folder.ts';
export { masterKeyFile } from './master-key-file.ts';
export { rawMailDirectory } from './raw-mail.ts';
export type { TreeEntry } from './tree/read-tree.ts';
export type { TreeWriter } from './tree/write-tree.ts';
