export * from './consumer.ts';
export * from './deliveries/send.ts';
export * from './handle-job.ts';
export { startLimitNotices } from './notices/limit-notices.ts';
export { syncOutbox } from './outbox/sync.ts';
