/** What needs Node: the SMTP listener, the threads for strangers' mail, and mail out by Maildir or SMTP. */
export { nodeResolver } from './dns.ts';
export { findInMaildir, type MaildirOptions, maildir } from './maildir.ts';
export { type CheckRelayOptions, checkRelay, type RelayCheck } from './relay/check-relay.ts';
export { type HandedIn, type HandIn, handIn } from './relay/hand-in.ts';
export { type SmtpRelayOptions, smtpRelay } from './relay/smtp-relay.ts';
export type * from './smtp-in/contract.ts';
export { smtpListener } from './smtp-in/smtp-listener.ts';
export { type MailWorkerLimits, type MailWorkersOptions, mailWorkers } from './threads/mail-workers.ts';
