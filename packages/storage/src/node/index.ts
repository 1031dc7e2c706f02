export { type DirectoryFolders, directoryFolders } from './directory.ts';
export { masterKeyFile } from './master-key-file.ts';
export { rawMailDirectory } from './raw-mail.ts';
