export * from './consumer.ts';
export { fileSettled } from './outbox/sync.ts';
export * from './handle-job.ts';
export { startLimitNotices } from './notices/limit-notices.ts';
export * from './deliveries/send.ts';
