/** From DATA to its answer: the message is taken off the wire and handed to intake. */
import { byteBudget } from '@tinyfat/core';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { answers } from './answers.ts';
import { type Collected, collectMessage } from './collect-message.ts';
import type { SmtpAnswer, SmtpDelivery, SmtpListenerOptions } from './contract.ts';

/** The client at the other end of a connection. */
export interface Peer {
  /** IP address. */
  address: string;
  /** What its connections, bytes and refusals are counted under. */
  network: string;
  trusted: boolean;
}

/** The answer; `flooding` when the client has not come to the end of its message and will not be waited for. */
export interface Received {
  answer: SmtpAnswer;
  flooding: boolean;
}

/** Takes one message. Null when the client went away and there is nobody to answer. */
type ReceiveMessage = (
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  peer: Peer,
) => Promise<Received | null>;

/**
 * For all of DATA, ms. RFC 5321 section 4.5.3.2 gives a client three minutes a buffer; who needs longer than this for
 * one message holds memory that others need.
 */
const DATA_MS = 600_000;

/** Receives messages within the limits that they share. */
export function messageReceiver(options: SmtpListenerOptions): ReceiveMessage {
  const { maxMessageBytes } = options;
  const limit = options.maxBufferedBytes ?? maxMessageBytes * 8;
  const budget = byteBudget(limit);
  const mostOfClient = Math.max(limit / 2, maxMessageBytes);
  /** Of one client that is not trusted: most messages wait for the DNS of a domain that the client chose. */
  const clientsShare = Math.ceil(options.maxInFlight / 4);
  const inFlight = { all: 0, of: new Map<string, number>() };

  async function decide(
    collected: Exclude<Collected, { state: 'gone' | 'no_room' | 'late' }>,
    envelope: Omit<SmtpDelivery, 'raw'>,
    peer: Peer,
  ): Promise<SmtpAnswer> {
    const ofClient = inFlight.of.get(peer.network) ?? 0;
    if (inFlight.all >= options.maxInFlight || (!peer.trusted && ofClient >= clientsShare)) {
      options.onProblem('smtp.too_many_in_flight', envelope.client.address);
      return answers.tooManyInFlight;
    }
    inFlight.all += 1;
    inFlight.of.set(peer.network, ofClient + 1);
    try {
      if (collected.state === 'complete') {
        return await options.onMessage({ ...envelope, raw: collected.raw });
      }
      const { head, bytes } = collected;
      const answer = await options.onOversize({ ...envelope, raw: head, bytes });
      return answer.code < 400 ? answers.tooLarge : answer;
    } catch (error) {
      const large = collected.state === 'too_large';
      options.onProblem(
        large ? 'smtp.oversize' : 'smtp.message',
        error instanceof Error ? error.message : String(error),
      );
      return large ? answers.tooLarge : answers.failed;
    } finally {
      inFlight.all -= 1;
      const left = (inFlight.of.get(peer.network) ?? 1) - 1;
      if (left === 0) inFlight.of.delete(peer.network);
      else inFlight.of.set(peer.network, left);
    }
  }

  return async (stream, session, peer) => {
    const { mailFrom, rcptTo } = session.envelope;
    const envelope = {
      client: { address: peer.address, helo: visibleName(session.hostNameAppearsAs), trusted: peer.trusted },
      secure: session.secure,
      sender: mailFrom === false ? '' : mailFrom.address,
      recipients: rcptTo.map((recipient) => recipient.address),
    };
    const reservation = peer.trusted
      ? budget.open()
      : budget.open({ party: peer.network, most: mostOfClient });
    try {
      const collected = await collectMessage(
        stream,
        maxMessageBytes,
        reservation,
        options.maxDataMs ?? DATA_MS,
      );
      if (collected.state === 'gone') return null;
      if (collected.state === 'late') {
        options.onProblem('smtp.late', peer.address);
        return { answer: answers.tooSlow, flooding: true };
      }
      if (collected.state === 'no_room') {
        options.onProblem('smtp.no_room', peer.address);
        return { answer: answers.noRoom, flooding: false };
      }
      const answer = await decide(collected, envelope, peer);
      return { answer, flooding: collected.state === 'too_large' && collected.client === 'sending' };
    } finally {
      reservation.release();
    }
  };
}

/** RFC 5321 section 4.1.1.1, and RFC 6531 section 3.7.1 for A-labels: a name outside ASCII is none. */
function visibleName(helo: string | false): string | null {
  return helo !== false && /^[\x21-\x7e]{1,255}$/.test(helo) ? helo : null;
}
