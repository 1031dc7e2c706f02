export * from './contract.ts';
export * from './enqueue.ts';
export * from './note-mail.ts';
export * from './receive.ts';
export type { Again, AgainRequest } from './run-again.ts';
export type {
  ReconcileDeps,
  ReconcilerDeps,
  TakeDeps,
  WebhookAnswer,
  WebhookDeps,
  WebhookRequest,
} from './webhooks/contract.ts';
export { RECONCILE_MS, webhookPolicy } from './webhooks/policy.ts';
export { openReconciler, type Reconciler, reconcile } from './webhooks/reconcile.ts';
export { postmarkTaker, resendTaker } from './webhooks/take-webhook.ts';
export { webhookTakers } from './webhooks/takers.ts';
export { startWebhookWorker, webhookWork } from './webhooks/work.ts';
