/** Behaviour suite of the `MailTransport` port; every implementation runs it. */
import type { MailTransport } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A fresh transport, what arrived through it, and how to throw it away. */
export interface MailTransportFixture {
  transport: MailTransport;
  /** Raw messages that the other side holds now, in order of arrival. */
  received(): Promise<Uint8Array[]>;
  /**
   * For a provider that takes the parts of a mail and not its bytes: what `received` is to show of a raw message,
   * read from it independently of the transport.
   */
  shown?(raw: Uint8Array): Promise<Uint8Array>;
  /** A transport of the same kind whose other side cannot be reached. */
  unreachable(): Promise<MailTransport>;
  dispose(): Promise<void>;
}

const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com', 'bob@example.com'] };

function mail(subject: string, body: string): Uint8Array {
  const head = `From: bot@agents.test\r\nTo: ann@example.com, bob@example.com\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@agents.test>\r\n`;
  return new TextEncoder().encode(`${head}\r\n${body}`);
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

export function mailTransportContract(name: string, make: () => Promise<MailTransportFixture>): void {
  describe(`MailTransport: ${name}`, () => {
    let fixture: MailTransportFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());
    const shown = async (raw: Uint8Array) => text((await fixture.shown?.(raw)) ?? raw);

    it('has a name for delivery rows', () => {
      expect(fixture.transport.name).toMatch(/^[a-z]+$/);
    });

    it('sends the whole mail, exactly: dots, UTF-8, long lines', async () => {
      const body = `.\r\n..two\r\n.one\r\nGrüße\r\n${'x'.repeat(5000)}\r\n\r\nlast\r\n`;
      const raw = mail('exact', body);
      const outcome = await fixture.transport.send(envelope, raw, 'key-exact');
      expect(outcome).toMatchObject({ state: 'sent', recipientsRefused: [] });
      expect((await fixture.received()).map(text)).toEqual([await shown(raw)]);
    });

    it('sends a mail of several megabytes', async () => {
      const raw = mail('big', `${'0123456789'.repeat(7)}\r\n`.repeat(50_000));
      expect(await fixture.transport.send(envelope, raw, 'key-big')).toMatchObject({ state: 'sent' });
      const [only, ...rest] = await fixture.received();
      expect(rest).toEqual([]);
      expect(text(only) === (await shown(raw))).toBe(true);
    });

    it('does not change the bytes it was given', async () => {
      const raw = mail('kept', 'hello\r\n');
      const before = text(raw);
      await fixture.transport.send(envelope, raw, 'key-kept');
      expect(text(raw)).toBe(before);
    });

    it('sends mails of different keys, also when their bytes are the same', async () => {
      const raw = mail('same', 'hello\r\n');
      await fixture.transport.send(envelope, raw, 'key-1');
      await fixture.transport.send(envelope, raw, 'key-2');
      expect(await fixture.received()).toHaveLength(2);
    });

    it('keeps what it says about the same key sent twice', async () => {
      const raw = mail('twice', 'hello\r\n');
      expect(await fixture.transport.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
      expect(await fixture.transport.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
      expect(await fixture.received()).toHaveLength(fixture.transport.idempotent ? 1 : 2);
    });

    it('keeps what it says about the same key sent at once', async () => {
      const raw = mail('at-once', 'hello\r\n');
      await Promise.all(Array.from({ length: 5 }, () => fixture.transport.send(envelope, raw, 'key')));
      expect(await fixture.received()).toHaveLength(fixture.transport.idempotent ? 1 : 5);
    });

    it('sends many mails at once, each whole', async () => {
      const raws = Array.from({ length: 20 }, (_, n) => mail(`many-${n}`, `${n}\r\n`.repeat(200)));
      const outcomes = await Promise.all(
        raws.map((raw, n) => fixture.transport.send(envelope, raw, `key-many-${n}`)),
      );
      expect(outcomes.map((outcome) => outcome.state)).toEqual(raws.map(() => 'sent'));
      expect((await fixture.received()).map(text).sort()).toEqual(
        (await Promise.all(raws.map(shown))).sort(),
      );
    });

    it('takes the null reverse-path', async () => {
      const raw = mail('null', 'hello\r\n');
      const outcome = await fixture.transport.send({ ...envelope, sender: '' }, raw, 'key-null');
      expect(outcome).toMatchObject({ state: 'sent' });
      expect(await fixture.received()).toHaveLength(1);
    });

    it('does not reject when the other side cannot be reached, and calls it worth another try', async () => {
      const transport = await fixture.unreachable();
      const { state } = await transport.send(envelope, mail('lost', 'hello\r\n'), 'key-lost');
      // Where repeats are folded, a transport need not know that nothing was taken.
      expect(state).toMatch(transport.idempotent ? /^(temporary|unknown)$/ : /^temporary$/);
      await transport.close();
    });

    it('finishes what is being sent before it closes', async () => {
      const sending = fixture.transport.send(envelope, mail('closing', 'hello\r\n'), 'key-closing');
      await fixture.transport.close();
      expect(await sending).toMatchObject({ state: 'sent' });
      expect(await fixture.received()).toHaveLength(1);
    });
  });
}
