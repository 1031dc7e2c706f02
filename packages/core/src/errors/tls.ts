import type { ErrorDescription } from './describe.ts';

/** Why the certificate of the SMTP listener, or an authority of the relay, can not be used, or should not be. */
export const tlsErrors = {
  tls_file_unreadable: {
    sentence: 'A file with a certificate or a key can not be read.',
    nextStep:
      'Check the path, and that the user of the server may read the file and enter the folders above it; the key should be readable for nobody else.',
  },
  tls_not_pem: {
    sentence: 'A file that should hold a certificate or a key in PEM form holds none.',
    nextStep:
      'SMTP_TLS_CERT and SMTP_TLS_CA need -----BEGIN CERTIFICATE----- in their files, SMTP_TLS_KEY -----BEGIN PRIVATE KEY-----; openssl x509 -inform der -in FILE turns DER into PEM.',
  },
  tls_key_encrypted: {
    sentence: 'The private key is protected by a passphrase, which the server has nobody to ask for.',
    nextStep:
      'Store it without one, readable for the user of the server only: openssl pkey -in OLD -out NEW; then set SMTP_TLS_KEY to the new file.',
  },
  tls_key_mismatch: {
    sentence: 'The certificate is not made for the private key.',
    nextStep:
      "Set SMTP_TLS_CERT and SMTP_TLS_KEY to files of one pair; in a chain the server's own certificate comes first.",
  },
  tls_unusable: {
    sentence: 'The TLS library does not take this certificate and key.',
    nextStep: 'Have a new pair made, for example with certbot; the reason names what is in the way.',
  },
  tls_certificate_dates: {
    sentence: 'The certificate has expired, or is not valid yet.',
    nextStep:
      'Renew it and send SIGHUP to the server, which then reads it again; senders that check certificates do not deliver until then.',
  },
  tls_key_exposed: {
    sentence: 'Everybody on this machine can read the private key.',
    nextStep: 'Take the right away: chmod o-rwx, on the file that SMTP_TLS_KEY names.',
  },
} as const satisfies Record<string, ErrorDescription>;
