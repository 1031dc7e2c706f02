/** `tinyfat demo`: the real system on a throw-away folder with the built-in model; prints the conversation. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@tinyfat/core';
import { mailByMessageId, runOfMail } from '@tinyfat/database';
import { agentRoutes } from '@tinyfat/platform';
import { awaitAnswer } from '@tinyfat/server/await-answer';
import type { Config } from '@tinyfat/server/config';
import { type Server, startServer } from '@tinyfat/server/start-server';
import { makeLogger } from '@tinyfat/settings';
import nodemailer from 'nodemailer';
import type { ApiClient } from '../client/api-client.ts';
import { localApi } from '../client/local.ts';
import type { Run } from '../command.ts';
import { printable } from '../output/text.ts';
import { runEvents } from './runs.ts';

const PERSON = 'ada@example.com';

interface DemoMail {
  subject: string;
  text: string;
  attachments?: { filename: string; content: string }[];
}

const MAILS: DemoMail[] = [
  {
    subject: 'Hello',
    text: 'Hello! What do you find in your folder, and in the file that I attached?',
    attachments: [{ filename: 'plan.txt', content: 'Monday: design\nFriday: launch\n' }],
  },
  { subject: 'Re: Hello', text: 'Thanks. Please remember that the launch is on Friday.' },
  { subject: '/model sonnet', text: '' },
  { subject: '/resume', text: '' },
];

/** Shows a conversation with an agent; exit code 0 when every mail was answered. */
export const demo: Run = async (_given, config) => {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-demo-'));
  try {
    const began = performance.now();
    console.log('Starting tinyfat on a throw-away folder …');
    const logger = makeLogger({ level: 'error', plain: true, write: (line) => console.error(line) });
    const started = await startServer(demoConfig(config, folder), logger);
    if (!started.ok) {
      console.error(`tinyfat did not start: ${started.reason}\nTo mend it: ${started.fix}`);
      return 1;
    }
    const { server } = started;
    try {
      return (await converse(server, config)) ? finish(began) : 1;
    } finally {
      await server.stop(0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Free ports on this machine, no provider, no key: the demo costs nothing and mails nobody. */
function demoConfig(config: Config, folder: string): Config {
  return {
    ...config,
    dataDir: folder,
    database: null,
    storage: null,
    http: { host: '127.0.0.1', port: 0 },
    smtp: { host: '127.0.0.1', port: 0, tls: null },
    trustedClients: ['127.0.0.0/8'],
    smtpUrl: null,
    mailProvider: null,
    anthropic: { ...config.anthropic, apiKey: null },
  };
}

async function converse(server: Server, config: Config): Promise<boolean> {
  const { data } = server;
  const api = localApi(config, data);
  const made = await api.call(agentRoutes.createAgent, { body: { name: 'scout', owner: PERSON } });
  if (!made.ok) throw new Error(made.detail);
  const { id, address } = made.body;
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: server.smtpPort ?? 0,
    ignoreTLS: true,
  });
  let answered = 0;
  let parent: string | undefined;
  for (const mail of MAILS) {
    const messageId = `<${newId(Date.now, randomBytes)}@example.com>`;
    heading(`${PERSON} → ${address}`, mail.subject);
    if (mail.text) console.log(indent(mail.text));
    for (const { filename } of mail.attachments ?? []) console.log(indent(`[attached: ${filename}]`));
    const threaded = mail.subject.startsWith('Re:') ? { inReplyTo: parent, references: parent } : {};
    await transport.sendMail({ messageId, from: `Ada <${PERSON}>`, to: address, ...mail, ...threaded });
    const answer = await awaitAnswer(data, messageId, 60_000);
    await printToolCalls(server, api, messageId);
    heading(`${address} → ${PERSON}`, mail.subject.startsWith('Re:') ? mail.subject : `Re: ${mail.subject}`);
    console.log(indent(answer.text));
    if (answer.ok) answered++;
    parent = messageId;
  }
  transport.close();
  console.log(`\n── what the agent owns now: ${data.paths.agents}/${id}\n`);
  for (const line of tree(join(data.paths.agents, id))) console.log(`   ${line}`);
  const inMailbox = readdirSync(join(data.paths.mailbox, 'new')).length;
  console.log(
    `\n${answered} of ${MAILS.length} mails were answered; ${inMailbox} answers lie in the Maildir.`,
  );
  return answered === MAILS.length && inMailbox === MAILS.length;
}

async function printToolCalls({ data }: Server, api: ApiClient, messageId: string): Promise<void> {
  const mail = await mailByMessageId(data.db, messageId);
  const run = mail ? await runOfMail(data.db, mail.id) : undefined;
  if (run?.kind !== 'turn') return;
  console.log('');
  const events = await runEvents(api, run.id);
  for (const { type, name, args } of events.ok ? events.body : []) {
    if (type !== 'tool_call') continue;
    console.log(`   ⚙ ${name} ${printable(JSON.stringify(args ?? '')).slice(0, 150)}`);
  }
}

function finish(began: number): number {
  console.log(
    `\nThat took ${((performance.now() - began) / 1000).toFixed(1)} s. The real thing: ./bin/tinyfat start`,
  );
  return 0;
}

function heading(way: string, subject: string): void {
  console.log(`\n── ${way}\n   Subject: ${subject}\n`);
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');
}

/** Files below a folder with their sizes, folders first by path. */
function tree(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) return tree(folder, `${path}/`);
      return [`${path}  (${statSync(join(folder, path)).size} bytes)`];
    });
}
