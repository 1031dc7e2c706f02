export * from './contract.ts';
export * from './enqueue.ts';
export * from './receive.ts';
export type {
  ReconcilerDeps,
  TakeDeps,
  WebhookAnswer,
  WebhookDeps,
  WebhookRequest,
} from './webhooks/contract.ts';
export { openReconciler, type Reconciler } from './webhooks/reconcile.ts';
export { postmarkTaker, resendTaker } from './webhooks/take-webhook.ts';
export { webhookTakers } from './webhooks/takers.ts';
export { startWebhookWorker } from './webhooks/work.ts';
