export * from './format.ts';
export * from './join-bytes.ts';
export * from './read-tar.ts';
export * from './write-tar.ts';
