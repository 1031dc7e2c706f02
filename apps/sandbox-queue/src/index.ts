export * from './consumer.ts';
export { deliveryWork } from './deliveries/send.ts';
export { startSender } from './deliveries/sender.ts';
export { consumerWork } from './job-work.ts';
export { noticeWork, startLimitNotices } from './notices/limit-notices.ts';
export { ALERTS_EVERY_MS, collectAlerts } from './notices/owner-alerts.ts';
export { startOwnerNotices } from './notices/owner-notices.ts';
export { syncOutbox } from './outbox/sync.ts';
export { consumerPolicy } from './policy.ts';
