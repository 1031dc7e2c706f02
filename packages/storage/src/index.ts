export * from './directory.ts';
export * from './raw-mail.ts';
