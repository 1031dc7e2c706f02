/** Guarded reading of untrusted mail, composing, and the ways in and out. */
export { letterText } from './compose/letter-text.ts';
export type * from './contract.ts';
export { smtpListener } from './smtp-in/smtp-listener.ts';
export { type CheckRelayOptions, checkRelay, type RelayCheck } from './transports/check-relay.ts';
export { type MaildirOptions, maildir } from './transports/maildir.ts';
export { type PostmarkOptions, postmark } from './transports/postmark.ts';
export { type ResendOptions, resend } from './transports/resend.ts';
export { type ResendAccount, type ResendAccountOptions, resendAccount } from './transports/resend-account.ts';
export { type SmtpRelayOptions, smtpRelay } from './transports/smtp-relay.ts';
export { type ResendArchiveOptions, resendArchive } from './webhooks/resend-archive.ts';
export { returnPath } from './webhooks/return-path.ts';
export { type MailWorkerLimits, type MailWorkersOptions, mailWorkers } from './workers/mail-workers.ts';
