/**
 * What hostile mail does to everybody else: a real server takes it from several strangers at once, while good mail comes
 * and `/health/live` is asked. `signatures` is 36 MiB in long lines under twenty signatures, `shortLines` 800,000
 * lines. `admitted` and `admittedLines` are as costly as the intake lets in: the same signatures over base64 of 25 MiB in
 * the longest lines that it takes, and in as many as it takes.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { MAX_DECODED_BYTES } from '@tinyfat/core';
import { smtpSession } from '@tinyfat/testing/smtp-session';
import { letter } from '../e2e/support/intake.ts';
import { startTinyfat, type Tinyfat } from '../e2e/support/tinyfat.ts';
import { rawLimits } from '../packages/mail/src/mime/raw-limits.ts';
import { NO_LIMITS } from './measure.ts';

/** Times in ms, memory in bytes. */
export interface HostileMail {
  /** What the hostile mails were answered. */
  answers: string[];
  /** From the end of DATA to the answer, the longest. */
  verdictMs: number;
  /** The same of one good mail before, and the longest of those sent meanwhile. */
  goodBeforeMs: number;
  goodMeanwhileMs: number;
  /** Longest time in which `/health/live` did not answer. */
  blockedMs: number;
  peakBytes: number;
}

const AT_ONCE = 3;
const FULL = rawLimits.bytes - 64 * 1024;
/** Bytes of base64 that the intake lets in, line ends aside. */
const LARGEST_BASE64 = Math.floor(MAX_DECODED_BYTES / 3) * 4;
const RECIPIENT = 'scout@agents.example.org';

/** One figure for each kind of hostile mail, each on a server of its own. */
export async function measureHostileMail(): Promise<Record<string, HostileMail>> {
  const signed = {
    'DKIM-Signature': Array.from(
      { length: rawLimits.signatures },
      (_, n) =>
        `v=1; a=rsa-sha256; c=relaxed/relaxed; d=evil.example; s=s${n}; h=From; l=${FULL - 1000 + n}; bh=AAAA; b=AAAA`,
    ),
  };
  const base64 = { 'Content-Transfer-Encoding': 'base64' };
  const lines = (bytes: number, all = FULL) => `${'x'.repeat(bytes - 2)}\r\n`.repeat(Math.floor(all / bytes));
  const mails = {
    signatures: letter(signed, lines(999_000)),
    shortLines: letter({}, '1234567\r\n'.repeat(800_000)),
    admitted: letter({ ...signed, ...base64 }, lines(rawLimits.lineBytes - 1, LARGEST_BASE64)),
    admittedLines: letter(
      { ...signed, ...base64 },
      lines(Math.ceil(LARGEST_BASE64 / (rawLimits.lines - 100)), LARGEST_BASE64),
    ),
  };
  const measured: Record<string, HostileMail> = {};
  for (const [name, mail] of Object.entries(mails)) measured[name] = await measure(mail);
  return measured;
}

async function measure(hostile: Uint8Array): Promise<HostileMail> {
  const server = await startTinyfat({
    environment: {
      LOG_LEVEL: 'error',
      MAIL_DOMAIN: 'agents.example.org',
      DNS_SERVERS: '127.0.0.1:9',
      ...NO_LIMITS,
    },
    agents: { scout: [] },
  });
  try {
    // The first mail waits for libraries.
    await send(server, letter({}));
    const goodBeforeMs = (await send(server, letter({}))).ms;
    const watch = watchHealth(server);
    const attack = Promise.all(Array.from({ length: AT_ONCE }, () => send(server, hostile)));
    let under = true;
    void attack.finally(() => {
      under = false;
    });
    let goodMeanwhileMs = 0;
    while (under) {
      goodMeanwhileMs = Math.max(goodMeanwhileMs, (await send(server, letter({}))).ms);
      await pause(20);
    }
    const answers = await attack;
    return {
      answers: [...new Set(answers.map(({ answer }) => answer.slice(0, 9)))],
      verdictMs: Math.max(...answers.map(({ ms }) => ms)),
      goodBeforeMs,
      goodMeanwhileMs,
      blockedMs: await watch.end(),
      peakBytes: peakMemory(server.pid()),
    };
  } finally {
    await server.kill('SIGKILL');
    await server.dispose();
  }
}

/** One transaction; the time from the last byte to the answer. */
async function send(server: Tinyfat, raw: Uint8Array): Promise<{ answer: string; ms: number }> {
  const session = smtpSession(server.smtpPort, server.host);
  await session.reply();
  for (const line of [
    'EHLO mx.example.com',
    'MAIL FROM:<owner@example.com>',
    `RCPT TO:<${RECIPIENT}>`,
    'DATA',
  ]) {
    await session.command(line);
  }
  session.write(raw);
  const began = performance.now();
  session.write('\r\n.\r\n');
  const answer = await session.reply();
  const ms = performance.now() - began;
  session.end();
  return { answer, ms };
}

/** Asks for `/health/live` again and again, until the end; gives the longest wait for an answer. */
function watchHealth(server: Tinyfat): { end(): Promise<number> } {
  let over = false;
  const asked = (async () => {
    let longest = 0;
    while (!over) {
      const began = performance.now();
      await (await fetch(`http://${server.host}:8025/health/live`)).arrayBuffer();
      longest = Math.max(longest, performance.now() - began);
      await pause(5);
    }
    return longest;
  })();
  return {
    end() {
      over = true;
      return asked;
    },
  };
}

/** The most that the process ever had in memory (Linux). */
function peakMemory(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
