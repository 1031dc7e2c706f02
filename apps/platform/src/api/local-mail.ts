/** Mail without a mail program, for a first try: only while mail goes nowhere but into the Maildir of this machine. */

export interface LocalMail {
  /** Hands a mail to the server's own SMTP listener. `reason` is what it answered. Never rejects. */
  send(mail: {
    from: string;
    to: string;
    subject: string;
    text: string;
  }): Promise<{ ok: true; messageId: string } | { ok: false; reason: string }>;
  /** A mail that was sent under this key; null where it is not in the mailbox, or can not be read. */
  sent(key: string): Promise<{ file: string; text: string } | null>;
}
