export type { ReconcilerPorts, TakePorts, WebhookAnswer, WebhookPorts, WebhookRequest } from './contract.ts';
export { openReconciler, type Reconciler } from './reconcile.ts';
export { takePostmarkWebhook } from './take-postmark.ts';
export { takeResendWebhook } from './take-resend.ts';
export { startWebhookWorker } from './work.ts';
