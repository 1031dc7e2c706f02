export * from './directory.ts';
export * from './raw-mail.ts';
export * from './sync-folder.ts';
