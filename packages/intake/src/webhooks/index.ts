export type { ReconcilerDeps, TakeDeps, WebhookAnswer, WebhookDeps, WebhookRequest } from './contract.ts';
export { openReconciler, type Reconciler } from './reconcile.ts';
export { postmarkTaker } from './take-postmark.ts';
export { resendTaker } from './take-resend.ts';
export { startWebhookWorker } from './work.ts';
