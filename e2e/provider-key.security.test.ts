/**
 * Invariant 5: the key of the mail provider is in the server's environment and in its requests, and nowhere else. Not
 * in what it prints or stores, not in what a command answers, and not in the reach of an agent that looks for it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import type { MailApi } from '@tinyfat/testing/stand-ins/mail-api';
import { startPostmarkStandIn } from '@tinyfat/testing/stand-ins/postmark';
import { resendError, startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { afterEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { newestDelivery } from './support/outbox.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const key = 'key_4c0ffee5ecre7_a1b2c3';
const wrongKey = 'key_wr0ng5ecre7_d4e5f6';
const to = 'scout@tinyfat.localhost';

/** What the key looks like in other hands: as it is, in base64 at each of the three offsets, in hex. */
function traces(secret: string): string[] {
  const base64 = ['', 'x', 'xx'].map((before) =>
    Buffer.from(before + secret)
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, ...base64, Buffer.from(secret).toString('hex')];
}

describe('the key of a mail provider', () => {
  let model: AnthropicStandIn;
  let provider: MailApi | undefined;
  let server: Tinyfat | undefined;
  afterEach(async () => {
    await server?.dispose();
    await provider?.close();
    await model?.close();
    server = undefined;
  });

  async function start(environment: Record<string, string>): Promise<Tinyfat> {
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        LOG_LEVEL: 'debug',
        RESEND_DEBUG: 'true',
        ...environment,
      },
      agents: { scout: [] },
    });
    return server;
  }
  /** Every place where something of the key could have come to rest. */
  async function places(running: Tinyfat): Promise<[string, Buffer][]> {
    const found: [string, Buffer][] = [['what the server printed', Buffer.from(running.output())]];
    const commands = [
      ['outbox', 'list'],
      ['mails'],
      ['runs'],
      ['agent', 'list'],
      ['agent', 'show', 'scout'],
      ['doctor'],
    ];
    for (const words of commands) {
      const { stdout, stderr } = await running.cli([...words, '--json']);
      found.push([`tinyfat ${words.join(' ')}`, Buffer.from(stdout + stderr)]);
    }
    for (const request of model.requests) {
      found.push(['a request to the model', Buffer.from(JSON.stringify(request.body))]);
    }
    await running.kill('SIGTERM');
    found.push(['what the server printed at its end', Buffer.from(running.output())]);
    for (const entry of readdirSync(running.dataDir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found.push([path, readFileSync(path)]);
    }
    return found;
  }
  const leaks = (found: [string, Buffer][], secret: string) =>
    found
      .filter(([, bytes]) => traces(secret).some((trace) => bytes.includes(trace)))
      .map(([place]) => place);

  /** Looks through the environment and the processes that it can see. */
  const search = `[[tool: bash ${JSON.stringify({
    command:
      'env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; ls -R /run /opt 2>/dev/null',
  })}]]`;

  it('of Resend stays where it is, when mail is sent, put off and refused', async () => {
    const resend = await startResendStandIn({ apiKey: key });
    provider = resend;
    const running = await start({ RESEND_API_KEY: key, RESEND_BASE_URL: resend.url });
    resend.fail(
      resendError(500, 'application_error', {}, `Trouble with Bearer ${key}`),
      resendError(429, 'rate_limit_exceeded', {}, `Slow down, ${key}`),
    );
    await sendMail(running, { to, text: `${search} [[reply: {output}]]` });
    await newestDelivery(running, 'sent');
    resend.fail(resendError(403, 'invalid_api_key', {}, `${key} is no key`));
    await sendMail(running, { to, text: '[[reply: Refused.]]' });
    await newestDelivery(running, 'failed');
    const [{ reason }] = await running.json(['outbox', 'list']);
    expect(reason).toContain('[key] is no key');
    const found = await places(running);
    expect(found.length).toBeGreaterThan(20);
    expect(leaks(found, key)).toEqual([]);
    expect(resend.sent).toHaveLength(1);
    expect(traces(key).filter((trace) => JSON.stringify(resend.sent).includes(trace))).toEqual([]);
  });

  it('of Postmark stays where it is, when it is right and when it is wrong', async () => {
    const postmark = await startPostmarkStandIn({ serverToken: key });
    provider = postmark;
    const running = await start({ POSTMARK_SERVER_TOKEN: key, POSTMARK_BASE_URL: postmark.url });
    await sendMail(running, { to, text: `${search} [[reply: {output}]]` });
    await newestDelivery(running, 'sent');
    expect(traces(key).filter((trace) => running.output().includes(trace))).toEqual([]);
    await running.restart({ POSTMARK_SERVER_TOKEN: wrongKey });
    await sendMail(running, { to, text: '[[reply: Refused.]]' });
    await newestDelivery(running, 'failed');
    const found = await places(running);
    expect(leaks(found, key)).toEqual([]);
    expect(leaks(found, wrongKey)).toEqual([]);
    expect(postmark.requests.at(-1)?.headers['x-postmark-server-token']).toBe(wrongKey);
  });
});
