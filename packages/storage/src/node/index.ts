export { COPY_BOUNDS, FolderTooLarge } from '../copy/bounds.ts';
export { type DirectoryFolders, directoryFolders } from './directory.ts';
export { type FolderThread, folderThread, syncFileSystem } from './folder-size/folder-thread.ts';
export { type WalkedFolder, walkFolder } from './folder-size/walk-folder.ts';
export { masterKeyFile } from './master-key-file.ts';
export { rawMailDirectory } from './raw-mail.ts';
export { removeAll } from './remove-all.ts';
export { directoryTurns, type TurnFolder, type TurnFolders } from './working-copy/turn-folders.ts';
export { workingCopies } from './working-copy/working-copies.ts';
