/** A fault in what the listener calls, or in its own work, ends one connection; its client is asked to come again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';

const broken = () => {
  throw new Error('broken');
};

describe('a fault at the door', () => {
  const { listen, session, toData, close } = smtpHarness();
  const uncaught: unknown[] = [];
  const note = (fault: unknown) => void uncaught.push(fault);
  beforeEach(() => {
    uncaught.length = 0;
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await close();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    expect(uncaught).toEqual([]);
  });

  it('in the report of a refused recipient is one failed recipient', async () => {
    const { listener, details } = await listen({ onRefusal: broken });
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    expect(await client.command('RCPT TO:<nobody@x.test>')).toMatch(/^451 4\.3\.0/);
    expect(details).toEqual(['broken']);
    expect(await client.command('RCPT TO:<bot@agents.test>')).toMatch(/^250/);
  });

  it('in the report of a refused sender ends that connection', async () => {
    const { listener, problems, details } = await listen({ onRefusal: broken });
    const client = await session(listener.port);
    expect(await client.command(`MAIL FROM:<${'x'.repeat(300)}@example.com>`)).toMatch(/^421 4\.3\.0/);
    await client.closed;
    expect(problems).toEqual(['smtp.fault']);
    expect(details[0]).toMatch(/^Error: broken\n +at /);
    await toData(await session(listener.port));
  });

  it('in the clock ends the connection that it is asked for', async () => {
    let isBroken = true;
    const clock = () => (isBroken ? broken() : Date.now());
    const { listener } = await listen({ clock, maxRefusalsPerClientHour: 1 });
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    expect(await client.command('RCPT TO:<nobody@x.test>')).toMatch(/^4\d\d/);
    isBroken = false;
    await toData(await session(listener.port));
  });

  it('in the report of a problem with a message leaves the others alone', async () => {
    const { listener, taken } = await listen({
      onMessage: async () => broken(),
      onProblem: broken,
    });
    const client = await session(listener.port);
    await toData(client);
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^4\d\d/);
    const next = await session(listener.port);
    await toData(next);
    expect(taken).toEqual([]);
  });

  it('in the report of a declared size leaves the others alone', async () => {
    const { listener } = await listen({ onProblem: broken });
    const client = await session(listener.port);
    expect(await client.command('MAIL FROM:<ann@example.com> SIZE=10001')).toMatch(/^(552|421)/);
    await toData(await session(listener.port));
  });
});
