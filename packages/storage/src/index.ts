export * from './directory.ts';
export * from './master-key-file.ts';
export * from './raw-mail.ts';
export * from './sync-folder.ts';
