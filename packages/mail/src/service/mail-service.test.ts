import { MAX_CLOUDFLARE_MESSAGE_BYTES } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { strangeClient } from '../test-support/messages.ts';
import { outgoing } from '../test-support/outgoing.ts';
import type { Admission, Answered, MailBinding, Take } from './mail-binding.ts';
import { mailService } from './mail-service.ts';

type Way = (admission: Admission, take: Take<readonly unknown[]>) => Promise<unknown>;

/** A binding whose calls go these ways, one after the other; the last one again and again. */
function scripted(...ways: Way[]) {
  const calls: Admission[] = [];
  const call = (admission: Admission, take: Take<readonly unknown[]>) => {
    calls.push(admission);
    return ways[Math.min(calls.length, ways.length) - 1]?.(admission, take);
  };
  const names = ['inspect', 'read', 'readReport', 'compose', 'checkOutbox', 'recordOutbox', 'view'];
  const binding = Object.fromEntries(names.map((name) => [name, call])) as unknown as MailBinding;
  const workers = mailService(binding, { beginMs: 50, inspectMs: 50, readMs: 50, composeMs: 50 });
  const inspect = (bytes = 10) => workers.inspect(new Uint8Array(bytes), strangeClient, 'ann@example.com');
  return { workers, inspect, calls, alone: () => calls.map(({ alone }) => alone) };
}

const answers =
  (answer: unknown): Way =>
  async (_, take) => {
    await take();
    return { ok: true, answer } satisfies Answered<unknown>;
  };
const fails =
  (words: string, { begun = true } = {}): Way =>
  async (_, take) => {
    if (begun) await take();
    throw new Error(words);
  };
const never: Way = () => new Promise(() => undefined);
const hangs: Way = async (_, take) => {
  await take();
  return await new Promise(() => undefined);
};

const look = { ok: false, code: 'unreadable', reason: 'A result.' };
const CPU = 'Worker exceeded CPU time limit.';
const MEMORY = 'Worker exceeded memory limit.';
const LOST = 'Network connection lost.';
const bytes = new Uint8Array(10);
const large = new Uint8Array(200_000);

describe('an inspection', () => {
  it('gives what the Worker answers', async () => {
    const { inspect, calls } = scripted(answers(look));
    expect(await inspect()).toEqual(look);
    expect(calls).toEqual([{ bytes: 10, alone: false }]);
  });

  it.each([CPU, MEMORY, 'Worker has exceeded memory limit.', LOST])(
    'that failed in company (%s) is tried alone, and has the result of that',
    async (words) => {
      const { inspect, alone } = scripted(fails(words), answers(look));
      expect(await inspect()).toEqual(look);
      expect(alone()).toEqual([false, true]);
    },
  );

  it.each([
    [CPU, [false, true]],
    [MEMORY, [false, true, true]],
    ['Worker has exceeded memory limit.', [false, true, true]],
    ['RangeError: Memory limit exceeded', [false, true, true]],
  ])('that goes over a limit (%s) alone as well is refused', async (words, alone) => {
    const script = scripted(fails(words));
    expect(await script.inspect()).toMatchObject({ ok: false, code: 'too_complex' });
    expect(script.alone()).toEqual(alone);
  });

  it.each<[string, Way[]]>([
    ['a lost connection', [fails(LOST)]],
    [
      'a Worker that is gone',
      [
        fails(
          'The destination execution context for this RPC was canceled while the call was still running.',
        ),
      ],
    ],
    ['an inner fault of the runtime', [fails('internal error; reference = abc')]],
    ['a limit that was passed before the mail was taken', [fails(CPU, { begun: false })]],
    ['no place', [async () => ({ ok: false, code: 'busy', reason: 'no room' })]],
    ['no beginning', [never]],
    ['one memory limit alone, and then lost connections', [fails(MEMORY), fails(MEMORY), fails(LOST)]],
  ])('is for later, and no refusal, after %s', async (_, ways) => {
    await expect(scripted(...ways).inspect()).rejects.toThrow('could not be looked at');
  });

  it('that takes too long is put off', async () => {
    expect(await scripted(hangs).inspect()).toMatchObject({ ok: false, code: 'deadline' });
  });
});

it('a mail of more than 10 MiB is refused with the reason, and does not leave', async () => {
  const { workers, inspect, calls } = scripted(answers(look));
  const reason = 'The message is too large: at most 10 MiB are taken, in the encoding of mail.';
  expect(await inspect(MAX_CLOUDFLARE_MESSAGE_BYTES + 1)).toEqual({ ok: false, code: 'too_large', reason });
  const raw = new Uint8Array(MAX_CLOUDFLARE_MESSAGE_BYTES + 1);
  expect(await workers.read(raw)).toEqual({ ok: false, code: 'too_large', reason });
  expect(await workers.readReport(raw)).toBeNull();
  expect(await workers.checkOutbox(raw)).toMatchObject({ ok: false, code: 'outbox_invalid' });
  const content = new Uint8Array(8_000_000);
  const attachments = [{ filename: 'a', contentType: null, content }];
  expect(await workers.compose(outgoing({ attachments }))).toMatchObject({
    ok: false,
    reason: expect.stringContaining('at most 10 MiB'),
  });
  expect(calls).toEqual([]);
  expect(await inspect(MAX_CLOUDFLARE_MESSAGE_BYTES)).toEqual(look);
});

it('of a larger buffer, only the bytes of the mail leave', async () => {
  const sent: unknown[] = [];
  const { workers } = scripted(async (_, take) => {
    sent.push(...(await take()));
    return { ok: true, answer: look };
  });
  await workers.read(new TextEncoder().encode('SECRETmailSECRET').subarray(6, 10));
  const [raw] = sent as [Uint8Array];
  expect(Buffer.from(raw.buffer).toString()).toBe('mail');
});

describe('reading', () => {
  it('that failed in company is tried with less work, alone', async () => {
    const { workers, alone } = scripted(fails(MEMORY), answers(look));
    expect(await workers.read(bytes)).toEqual(look);
    expect(alone()).toEqual([false, true]);
  });

  it.each([
    [MEMORY, 'too_complex'],
    [CPU, 'deadline'],
    [LOST, 'interrupted'],
  ])('after %s twice is %s', async (words, code) => {
    expect(await scripted(fails(words)).workers.read(bytes)).toMatchObject({ ok: false, code });
  });
});

describe('what is lost without its doing', () => {
  const script = scripted(fails(LOST));
  it.each<[string, () => Promise<unknown>]>([
    ['a report', () => script.workers.readReport(bytes)],
    ['a mail that is composed', () => script.workers.compose(outgoing())],
    ['a large file of an outbox', () => script.workers.checkOutbox(large)],
    ['a large record', () => script.workers.recordOutbox({ mark: { kind: 'mail' }, raw: large }, failed, {})],
  ])('rejects: %s', async (_, call) => {
    await expect(call()).rejects.toThrow('could not be worked on');
  });
});

const failed = { state: 'failed', failedAt: 0, error: 'No.', delivery: 'd' } as const;

it('what costs too much is refused, or recorded without its text', async () => {
  const { workers } = scripted(fails(MEMORY));
  expect(await workers.readReport(bytes)).toBeNull();
  expect(await workers.compose(outgoing())).toMatchObject({ ok: false });
  expect(await workers.checkOutbox(large)).toMatchObject({ ok: false, code: 'outbox_invalid' });
  const record = await workers.recordOutbox({ mark: { kind: 'mail' }, raw: large }, failed, {});
  expect(record.whole).toBe(false);
});

it('a report and a file of an outbox that fail in company are tried alone', async () => {
  for (const call of ['readReport', 'checkOutbox'] as const) {
    const { workers, alone } = scripted(fails(MEMORY), answers(null));
    expect(await workers[call](large)).toBeNull();
    expect(alone()).toEqual([false, true]);
  }
});

it('small files of an outbox are parsed in place', async () => {
  const { workers, calls } = scripted(fails(LOST));
  const raw = new TextEncoder().encode('{"body":"Hi"}');
  expect(await workers.checkOutbox(raw)).toMatchObject({ ok: true, mail: { body: 'Hi' } });
  expect((await workers.recordOutbox({ mark: { kind: 'mail' }, raw }, failed, {})).whole).toBe(true);
  expect(calls).toEqual([]);
});
