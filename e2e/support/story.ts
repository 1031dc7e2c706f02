/** What most tests of e2e begin with: a server whose agents think with a stand-in for the model. */
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import type Mail from 'nodemailer/lib/mailer';
import { atEnd } from './at-end.ts';
import { type ReceivedMail, sendMail } from './mail.ts';
import { startTinyfat, type Tinyfat } from './tinyfat.ts';

export interface Story {
  model: AnthropicStandIn;
  server: Tinyfat;
  /** Sends a mail, to `scout` unless it says otherwise, and waits for the answer to it. */
  ask(mail: Mail.Options): Promise<ReceivedMail>;
}

/**
 * Starts both for the tests of this file or `describe`, after which they end. The only agent is `scout` unless there
 * are others; `key` is the one that the model asks for.
 */
export async function startStory({
  key,
  environment,
  ...options
}: Parameters<typeof startTinyfat>[0] & { key?: string } = {}): Promise<Story> {
  const model = await startAnthropicStandIn(key === undefined ? {} : { apiKey: key });
  atEnd(() => model.close());
  const server = await startTinyfat({
    agents: { scout: [] },
    ...options,
    environment: { ANTHROPIC_API_KEY: key ?? 'k', ANTHROPIC_BASE_URL: model.url, ...environment },
  });
  atEnd(() => server.dispose());
  return {
    model,
    server,
    async ask(mail) {
      const id = await sendMail(server, { to: 'scout@tinyfat.localhost', ...mail });
      for (let count = 1; ; ) {
        const mails = await server.answers(count);
        const answer = mails.find(({ inReplyTo }) => inReplyTo === id);
        if (answer) return answer;
        count = mails.length + 1;
      }
    },
  };
}
