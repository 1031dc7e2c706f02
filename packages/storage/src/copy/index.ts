export { contentBytes, discard, inPieces, readAll } from '../bucket/body.ts';
export type { ListedObject, OpenedObject, StreamedContent } from '../bucket/bucket.ts';
export { keyBelow, pathBelow } from '../bucket/keys.ts';
export * from './bounds.ts';
export * from './list-objects.ts';
export * from './notes.ts';
export * from './send-back.ts';
export * from './stored.ts';
