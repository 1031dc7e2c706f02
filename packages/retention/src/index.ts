/** What is removed when its time is over, and what a crash left behind. */
export * from './raw-mail.ts';
export * from './run.ts';
export { inSlices, SLICE, type Walk } from './walk.ts';
