/** Guarded reading of untrusted mail, composing, and the providers with an HTTP API. */
export { letterText } from './compose/letter-text.ts';
export type * from './contract/mail.ts';
export type * from './contract/mail-view.ts';
export { type PostmarkOptions, postmark } from './providers/postmark.ts';
export { providerTransport, resendAccountOf } from './providers/provider-of.ts';
export { type ResendOptions, resend } from './providers/resend.ts';
export { type ResendAccount, type ResendAccountOptions, resendAccount } from './providers/resend-account.ts';
export { type ResendArchiveOptions, resendArchive } from './providers/resend-archive.ts';
export { returnPath } from './providers/return-path.ts';
