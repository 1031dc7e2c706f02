import type { ErrorDescription } from './describe.ts';

/** Why no mail goes out through the relay of SMTP_URL, whichever mail it is. */
export const relayErrors = {
  relay_name_unknown: {
    sentence: 'The name of the SMTP relay could not be resolved.',
    nextStep: 'Check the host in SMTP_URL, and the name servers of this machine (/etc/resolv.conf).',
  },
  relay_refused: {
    sentence: 'Nothing takes connections at the host and port of the SMTP relay.',
    nextStep: 'Check host and port in SMTP_URL, and that the relay runs and lets this machine in.',
  },
  relay_timeout: {
    sentence: 'The SMTP relay gave no answer in time.',
    nextStep:
      'Check host and port in SMTP_URL and the firewalls on the way (many networks block port 25); port 465 needs smtps://, ports 587 and 25 smtp://.',
  },
  relay_unreachable: {
    sentence: 'The connection to the SMTP relay could not be made, or broke.',
    nextStep: 'Check the network of this machine, and the log of the relay.',
  },
  relay_tls_failed: {
    sentence: 'The SMTP relay and this server could not agree on TLS.',
    nextStep: 'Write smtps:// in SMTP_URL for port 465, and smtp:// (STARTTLS) for ports 587 and 25.',
  },
  relay_starttls_missing: {
    sentence: 'SMTP_URL asks for TLS, and the SMTP relay does not do STARTTLS.',
    nextStep:
      'Switch STARTTLS on at the relay, or use its TLS port (smtps://host:465). Without requireTLS in SMTP_URL mail goes out unencrypted.',
  },
  relay_certificate_untrusted: {
    sentence: 'The certificate of the SMTP relay is of no authority that this server trusts.',
    nextStep:
      'Where that certificate is right: set SMTP_TLS_CA to a PEM file with the certificate of its authority (of a self-signed one: itself), and restart.',
  },
  relay_certificate_name: {
    sentence: 'The certificate of the SMTP relay is for another name than the host in SMTP_URL.',
    nextStep:
      'Write a name that the certificate has into SMTP_URL, or have the certificate made for the name that is there.',
  },
  relay_certificate_dates: {
    sentence: 'The certificate of the SMTP relay has expired, or is not valid yet.',
    nextStep: 'Have it renewed at the relay; if its dates are right, set the clock of this machine.',
  },
  relay_login_refused: {
    sentence: 'The SMTP relay did not accept the login.',
    nextStep: 'Check user and password in SMTP_URL (with %40 for @, %3A for :, %2F for /), and restart.',
  },
  relay_login_missing: {
    sentence: 'SMTP_URL has a login, and the SMTP relay offers none on this connection.',
    nextStep:
      'Use the port for submission (smtp://…:587 or smtps://…:465): most relays take a login there only, and over TLS only. If none is needed, remove user and password from SMTP_URL.',
  },
  relay_login_needed: {
    sentence: 'The SMTP relay takes mail only after a login.',
    nextStep: 'Write user and password into SMTP_URL: smtp://user:password@host:587, and restart.',
  },
  relay_not_ready: {
    sentence: 'The SMTP relay does not talk to this server at present, or not at all.',
    nextStep: 'What it answered says why; ask whoever runs it whether this machine may use it.',
  },
} as const satisfies Record<string, ErrorDescription>;

/** Why an SMTP relay takes no mail at all, whatever the message is. */
export type RelayFault = keyof typeof relayErrors;
