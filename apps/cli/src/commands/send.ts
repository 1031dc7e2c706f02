/** `tinyfat send`: a mail to an agent of the running server, and with `--wait` its answer. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { canonicalAddress, newId, parseMailbox } from '@tinyfat/core';
import { awaitAnswer } from '@tinyfat/server/await-answer';
import type { Config } from '@tinyfat/server/config';
import { dataPaths, openDataFolder } from '@tinyfat/server/data-folder';
import { readAddresses } from '@tinyfat/server/files/run-folders';
import nodemailer from 'nodemailer';
import { type Run, UsageError } from '../command.ts';
import { printable } from '../output/text.ts';
import { howToBeLetIn } from './how-to-be-let-in.ts';

interface SendOptions {
  to: string;
  from: string;
  subject: string;
  attach: string[];
  'in-reply-to': string | undefined;
  wait: boolean;
  timeout: string;
}

/** Sends standard input as the body; exit code 1 when the mail is refused or gets no answer. */
export const send: Run<[], SendOptions> = async ({ options: values }, config) => {
  const to = agentAddress(values.to, config.mailDomain);
  const from = author(values.from);
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new UsageError('--timeout wants a number of seconds');
  for (const file of values.attach) {
    if (!existsSync(file)) throw new UsageError(`--attach ${file}: there is no such file`);
  }
  const listener = runningListener(config);
  if (!listener) {
    console.error(
      `tinyfat: no server with an SMTP listener runs on ${config.dataDir}; start one: tinyfat start`,
    );
    return 1;
  }
  const messageId = `<${newId(Date.now, randomBytes)}@send.tinyfat.localhost>`;
  const transport = nodemailer.createTransport({ ...listener, ignoreTLS: true });
  try {
    await transport.sendMail({
      messageId,
      from,
      to,
      subject: values.subject,
      text: process.stdin.isTTY ? '' : await text(process.stdin),
      inReplyTo: values['in-reply-to'],
      references: values['in-reply-to'],
      attachments: values.attach.map((file) => ({
        filename: basename(file),
        content: readFileSync(file),
      })),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(printable(`tinyfat: the mail was not taken: ${why}`));
    const hint = howToBeLetIn(why, { to, from: from.address });
    if (hint !== null) console.error(printable(hint));
    return 1;
  } finally {
    transport.close();
  }
  if (!values.wait) {
    console.log(`Taken: ${messageId}`);
    return 0;
  }
  const data = await openDataFolder(config);
  try {
    const answer = await awaitAnswer(data, messageId, seconds * 1000);
    console.log(answer.text);
    return answer.ok ? 0 : 1;
  } finally {
    await data.close();
  }
};

/** The address of an agent by its name, or as it is written, a secret one too. */
function agentAddress(written: string, mailDomain: string): string {
  const address = written.includes('@') ? written.trim() : `${written.trim()}@${mailDomain}`;
  const parsed = canonicalAddress(address);
  if (!parsed.ok) throw new UsageError(`--to: ${parsed.reason} Write the name of an agent, or its address`);
  return parsed.address;
}

function author(written: string): { address: string; name: string } {
  if (!written.includes('@')) {
    throw new UsageError(
      `--from: ${JSON.stringify(written)} has no domain; write a whole address such as you@example.org`,
    );
  }
  const parsed = parseMailbox(written);
  if (!parsed.ok) throw new UsageError(`--from${parsed.reason}`);
  return parsed.mailbox;
}

/** Where a listener on all addresses of this machine is reached from it. */
const NEAR: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where a server on this folder takes mail; null when none runs. */
function runningListener({ dataDir }: Config): { host: string; port: number } | null {
  const [smtp] = readAddresses(dataPaths(dataDir).run).flatMap((server) => server.smtp ?? []);
  return smtp === undefined ? null : { host: NEAR[smtp.host] ?? smtp.host, port: smtp.port };
}
