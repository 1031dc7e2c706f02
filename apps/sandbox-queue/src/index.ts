export * from './consumer.ts';
export { fileSettled } from './file-outcome.ts';
export * from './handle-job.ts';
export { startLimitNotices } from './limit-notices.ts';
export * from './send-deliveries.ts';
