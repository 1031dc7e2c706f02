export * from './consumer.ts';
export * from './handle-job.ts';
export * from './send-deliveries.ts';
