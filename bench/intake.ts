/** Accepted mails per second: our intake (parse, verdict, two fsyncs, rows) against smtp-server that keeps nothing. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { SMTPServer } from 'smtp-server';
import { sendMail } from '../e2e/support/mail.ts';
import { startTinyfat } from '../e2e/support/tinyfat.ts';
import { type Engine, sqlite } from './engine.ts';
import { NO_LIMITS } from './measure.ts';

const CONNECTIONS = 50;
const MAILS_EACH = 20;

/** Both figures in mails per second, with the same client and the same mails. */
export async function measureIntake(): Promise<{ ours: number; alone: number }> {
  return { alone: await aloneRate(), ours: await acceptedRate(sqlite) };
}

async function aloneRate(): Promise<number> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, callback) {
      stream.resume();
      stream.on('end', () => callback());
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  try {
    return await rate('127.0.0.1', typeof address === 'object' && address ? address.port : 0);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/**
 * Of our server on that engine alone. One turn hangs at the model meanwhile, so that no other one competes with the intake
 * for the processor.
 */
export async function acceptedRate(engine: Engine): Promise<number> {
  const database = await engine.fresh();
  const model = await startAnthropicStandIn();
  const server = await startTinyfat({
    environment: {
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      LOG_LEVEL: 'error',
      ...NO_LIMITS,
      ...database.environment,
    },
    agents: { scout: [] },
  });
  try {
    await sendMail(server, { to: 'scout@tinyfat.localhost', text: '[[gate: never]]' });
    await model.arrived('never');
    return await rate(server.host, server.smtpPort);
  } finally {
    await server.kill('SIGKILL');
    await server.dispose();
    await model.close();
  }
}

async function rate(host: string, port: number): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => client(host, port, index)));
  return (CONNECTIONS * MAILS_EACH * 1000) / (performance.now() - began);
}

/** One connection that sends its mails one after the other. */
async function client(host: string, port: number, number: number): Promise<void> {
  const socket = connect(port, host);
  socket.setNoDelay(true);
  const answers = lines(socket);
  const say = async (text: string, expected: string) => {
    socket.write(`${text}\r\n`);
    await expectAnswer(answers, expected);
  };
  await expectAnswer(answers, '220');
  await say('EHLO bench.example', '250');
  for (let index = 0; index < MAILS_EACH; index++) {
    await say('MAIL FROM:<owner@example.com>', '250');
    await say('RCPT TO:<scout@tinyfat.localhost>', '250');
    await say('DATA', '354');
    const head = `From: owner@example.com\r\nTo: scout@tinyfat.localhost\r\nSubject: Hello\r\nMessage-ID: <${number}.${index}@bench.example>`;
    await say(`${head}\r\n\r\n${'A line of text.\r\n'.repeat(60)}.`, '250');
  }
  socket.end('QUIT\r\n');
}

async function expectAnswer(answers: AsyncIterator<string>, expected: string): Promise<void> {
  for (;;) {
    const { value, done } = await answers.next();
    if (done || !value.startsWith(expected)) throw new Error(`expected ${expected}, got ${value}`);
    if (value[3] === ' ') return;
  }
}

async function* lines(socket: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of socket) {
    const parts = (rest + chunk).split('\r\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
