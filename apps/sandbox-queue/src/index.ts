export * from './consumer.ts';
export { fileSettled } from './file-outcome.ts';
export * from './handle-job.ts';
export * from './send-deliveries.ts';
