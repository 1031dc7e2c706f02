/** A real SMTP client, and reading what came out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import type Mail from 'nodemailer/lib/mailer';
import PostalMime, { type Email } from 'postal-mime';

export interface ReceivedMail extends Email {
  raw: string;
}

/** Sends one mail over SMTP; gives its Message-ID. Rejects with the server's answer when it is refused. */
export async function sendMail(
  server: { host: string; smtpPort: number },
  mail: Mail.Options,
): Promise<string> {
  const transport = nodemailer.createTransport({ host: server.host, port: server.smtpPort, ignoreTLS: true });
  try {
    const sent = await transport.sendMail({ from: 'Owner <owner@example.com>', subject: 'Hello', ...mail });
    return sent.messageId;
  } finally {
    transport.close();
  }
}

/** The server's answer to a mail: its code and text, 250 when it was taken. */
export async function answerTo(
  server: { host: string; smtpPort: number },
  mail: Mail.Options,
): Promise<{ code: number; text: string }> {
  try {
    await sendMail(server, mail);
    return { code: 250, text: '' };
  } catch (error) {
    if (error instanceof Error && 'responseCode' in error && 'response' in error) {
      return { code: Number(error.responseCode), text: String(error.response) };
    }
    throw error;
  }
}

/** Parses one raw message. */
export async function parseMail(raw: Buffer | string): Promise<ReceivedMail> {
  const email = await PostalMime.parse(raw, { forceRfc822Attachments: true });
  return { ...email, raw: raw.toString() };
}

/**
 * All mails of a Maildir's `new`, in order of their Date and then their Message-ID, which are made in order. `known`: those
 * that were read before, by the names of their files, which never change; it is filled.
 */
export async function readMaildir(
  folder: string,
  known: Map<string, ReceivedMail> = new Map(),
): Promise<ReceivedMail[]> {
  const mails: ReceivedMail[] = [];
  for (const name of await readdir(folder)) {
    const mail = known.get(name) ?? (await parseMail(await readFile(join(folder, name))));
    known.set(name, mail);
    mails.push(mail);
  }
  return mails.sort((a, b) => ((a.messageId ?? '') < (b.messageId ?? '') ? -1 : 1));
}

/** The value of a header, unfolded; undefined when it is missing. */
export function header(mail: Email, name: string): string | undefined {
  return mail.headers.find((one) => one.key === name.toLowerCase())?.value;
}
