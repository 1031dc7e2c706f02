/** A server on Postgres, behind a pooler in transaction mode: what it does while the database is away, and afterwards. */
import { describeOwnServer } from '@tinyfat/testing/postgres/describe-own-server';
import { type PrivatePostgres, startPostgres } from '@tinyfat/testing/postgres/start';
import { beforeAll, expect, it } from 'vitest';
import { atEnd } from './support/at-end.ts';
import { eventually } from './support/eventually.ts';
import { answerTo, sendMail } from './support/mail.ts';
import { type Story, startStory } from './support/story.ts';

describeOwnServer('a database that goes away', () => {
  let postgres: PrivatePostgres;
  let story: Story;
  beforeAll(async () => {
    postgres = await startPostgres();
    atEnd(() => postgres.stop());
    await postgres.createDatabase('mail');
    story = await startStory({
      environment: {
        DATABASE_URL: postgres.poolerUrl('mail'),
        DATABASE_DIRECT_URL: postgres.url('mail'),
      },
    });
  });
  const to = 'scout@tinyfat.localhost';

  it('loses no mail and no reply, is said with the next step, and is used again by itself when it is back', async () => {
    const { server, model, ask } = story;
    const asked = await sendMail(server, { to, text: '[[gate: thinking]] [[reply: One answer.]]' });
    await model.arrived('thinking');
    await postgres.serverOff();
    expect(await answerTo(server, { to, text: 'too early' })).toMatchObject({ code: 451 });
    model.release('thinking');
    await eventually(server.output).toMatch(/rows_unreachable.*It is asked again by itself/);
    expect((await fetch(`http://${server.host}:8025/health/ready`)).status).toBe(503);
    await postgres.serverOn();
    await eventually(server.output).toContain('rows_reachable');
    const [answer] = await server.answers(1);
    expect(answer).toMatchObject({ inReplyTo: asked });
    expect(answer?.text).toContain('One answer.');
    expect((await ask({ text: '[[reply: Another.]]' })).text).toContain('Another.');
    expect(await server.answers(2)).toHaveLength(2);
    expect(server.exitCode()).toBeNull();
    expect(server.output()).not.toContain(new URL(postgres.direct).password);
  });
});
