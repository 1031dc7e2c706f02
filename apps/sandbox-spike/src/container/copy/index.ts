export { type Copied, type CopiedObject, copyIn } from './copy-in.ts';
export { type CopiedOut, copyOut } from './copy-out.ts';
export { uploadEvents } from './live-events.ts';
export { type InboxFile, placeInbox } from './place-inbox.ts';
export { watchQuota } from './quota-watch.ts';
