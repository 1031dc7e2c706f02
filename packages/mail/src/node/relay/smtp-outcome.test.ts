import { type Script, type ScriptedSmtp, startScriptedSmtp } from '@tinyfat/testing/stand-ins/scripted-smtp';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpRelay } from './smtp-relay.ts';

const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com', 'bob@example.com'] };
const raw = new TextEncoder().encode(`Subject: x\r\n\r\n${'hello\r\n'.repeat(2000)}`);

describe('what a fault of the server means for the mail', () => {
  let server: ScriptedSmtp | null = null;
  afterEach(async () => {
    await server?.close();
  });

  async function outcomeOf(script: Script) {
    server = await startScriptedSmtp(script);
    const relay = smtpRelay({
      url: `smtp://127.0.0.1:${server.port}`,
      hostname: 'agents.test',
      connectTimeoutMs: 300,
      idleTimeoutMs: 300,
    });
    const outcome = await relay.send(envelope, raw, 'key');
    await relay.close();
    return { outcome, seen: server.seen };
  }

  const cases: [string, Script, string][] = [
    ['greeting 421', { greeting: '421 4.3.2 Not now' }, 'temporary'],
    ['greeting 554', { greeting: '554 5.7.1 Go away' }, 'temporary'],
    ['no greeting at all', { greeting: { hang: true } }, 'temporary'],
    ['cut at the greeting', { greeting: { drop: true } }, 'temporary'],
    ['silence after EHLO', { ehlo: { hang: true } }, 'temporary'],
    ['cut at EHLO', { ehlo: { drop: true } }, 'temporary'],
    ['MAIL 451', { mail: '451 4.3.0 Later' }, 'temporary'],
    ['MAIL 530', { mail: '530 5.7.0 Authentication required' }, 'temporary'],
    ['MAIL 550', { mail: '550 5.1.8 Bad sender' }, 'permanent'],
    ['MAIL 552 for its size', { mail: '552 5.3.4 Too big' }, 'permanent'],
    ['cut at MAIL', { mail: { drop: true } }, 'temporary'],
    ['silence after MAIL', { mail: { hang: true } }, 'temporary'],
    ['all RCPT 550', { recipients: ['550 5.1.1 No', '550 5.1.1 No'], data: '503 5.5.1 No' }, 'permanent'],
    ['all RCPT 450', { recipients: ['450 4.2.1 No', '450 4.2.1 No'], data: '503 5.5.1 No' }, 'temporary'],
    ['RCPT 550 and 450', { recipients: ['550 5.1.1 No', '450 4.2.1 No'], data: '503 5.5.1 No' }, 'temporary'],
    ['DATA 451', { data: '451 4.3.0 Later' }, 'temporary'],
    ['DATA 554', { data: '554 5.6.0 No' }, 'permanent'],
    ['cut at DATA', { data: { drop: true } }, 'temporary'],
    ['silence after DATA', { data: { hang: true } }, 'temporary'],
    ['cut in the middle of the message', { midMessage: { drop: true } }, 'unknown'],
    ['cut after the final dot', { endOfData: { drop: true } }, 'unknown'],
    ['silence after the final dot', { endOfData: { hang: true } }, 'unknown'],
    ['nonsense after the final dot', { endOfData: 'what?' }, 'unknown'],
    ['end of data 421', { endOfData: '421 4.3.2 Restarting' }, 'temporary'],
    ['end of data 451', { endOfData: '451 4.3.0 Later' }, 'temporary'],
    ['end of data 550', { endOfData: '550 5.7.1 Spam' }, 'permanent'],
  ];
  it.each(cases)('%s', async (_, script, state) => {
    const { outcome } = await outcomeOf(script);
    expect(outcome).toMatchObject({ state, reason: expect.stringMatching(/\w/) });
  });

  it.each<[string, Script, string | undefined]>([
    ['the relay itself', { greeting: '554 5.7.1 Go away' }, 'relay_not_ready'],
    ['a login that is wanted', { mail: '530 5.7.0 Authentication required' }, 'relay_login_needed'],
    ['this mail', { mail: '451 4.3.0 Later' }, undefined],
    ['these recipients', { recipients: ['450 4.2.1 No', '450 4.2.1 No'] }, undefined],
  ])('names the fault where it is that of %s', async (_, script, code) => {
    const { outcome } = await outcomeOf(script);
    expect(outcome.state).toBe('temporary');
    expect('code' in outcome ? outcome.code : undefined).toBe(code);
  });

  it('tells who was refused when all were, with each reply', async () => {
    const { outcome } = await outcomeOf({
      recipients: ['550 5.1.1 No such user', '550 5.7.1 Not you'],
      data: '503 5.5.1 No',
    });
    expect(outcome).toMatchObject({
      state: 'permanent',
      recipientsRefused: [
        { address: 'ann@example.com', reason: '550 5.1.1 No such user' },
        { address: 'bob@example.com', reason: '550 5.7.1 Not you' },
      ],
    });
  });

  it('names no recipient when the mail itself was refused', async () => {
    const { outcome } = await outcomeOf({ endOfData: '550 5.7.1 Spam' });
    expect(outcome).not.toHaveProperty('recipientsRefused');
  });

  it('never sends again by itself after the message began to flow', async () => {
    const { seen } = await outcomeOf({ endOfData: { drop: true } });
    expect(seen).toEqual({ connections: 1, messages: 1 });
  });

  it('ends a mail that a dawdling server would hold for ever', async () => {
    server = await startScriptedSmtp({ endOfData: { hang: true } });
    const relay = smtpRelay({ url: `smtp://127.0.0.1:${server.port}`, hostname: 'x.test', deadlineMs: 200 });
    expect(await relay.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    await relay.close();
  });
});
