/** A plain mail handed to an SMTP server as a mail program on this machine would: what a person types into a page. */
import { errorCode } from '@tinyfat/core';

export interface HandIn {
  host: string;
  port: number;
  /** With angle brackets. */
  messageId: string;
  /** Addresses; of the envelope and of the header. */
  from: string;
  to: string;
  subject: string;
  text: string;
}

/** `reason` is what the server answered, or why there was no answer. */
export type HandedIn = { ok: true } | { ok: false; reason: string };

const CONNECT_MS = 5000;
/** The server answers once it has checked and stored the mail. */
const ANSWER_MS = 30_000;

/** Hands it in once, over a connection of its own, without TLS. Never rejects. Loads nodemailer at the first mail. */
export async function handIn({ host, port, ...mail }: HandIn): Promise<HandedIn> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    ignoreTLS: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail(mail);
    return { ok: true };
  } catch (error) {
    const said = error instanceof Error && 'response' in error ? error.response : null;
    const code = errorCode(error);
    return {
      ok: false,
      reason: typeof said === 'string' ? said : `The SMTP listener gave no answer${code && ` (${code})`}.`,
    };
  } finally {
    transport.close();
  }
}
