/** Guarded reading of untrusted mail, composing, and the providers with an HTTP API. */
export { letterText } from './compose/letter-text.ts';
export type * from './contract/mail.ts';
export type * from './contract/mail-view.ts';
export { type DohOptions, dohResolver } from './doh/doh-resolver.ts';
export type { DomainRow, DomainRowState } from './domain/domain-rows.ts';
export { type DomainLookOptions, type MailDomainReport, mailDomainLook } from './domain/mail-domain-look.ts';
export { type PostmarkOptions, postmark } from './providers/postmark.ts';
export { providerTransport, resendAccountOf } from './providers/provider-of.ts';
export { type ResendOptions, resend } from './providers/resend.ts';
export { type ResendAccount, type ResendAccountOptions, resendAccount } from './providers/resend-account.ts';
export { type ResendArchiveOptions, resendArchive } from './providers/resend-archive.ts';
export { type DnsRow, type DnsRows, resendDnsRows } from './providers/resend-dns-rows.ts';
export { returnPath } from './providers/return-path.ts';
