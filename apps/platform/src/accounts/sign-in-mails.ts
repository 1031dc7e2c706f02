/**
 * Sends the mails that sign people in. Each is composed when it is tried, of a row that holds no secret, and is stored
 * nowhere on its way. `sending` is committed before the try, so that a crash doubles nothing; temporary trouble is tried
 * again for as long as the link works. Logs name the request, never the address or the link.
 */
import { afterMailTry, type Logger, type MailTransport, newMessageId } from '@tinyfat/core';
import { type LeaseDeps, type SignInRequest, settleSignInMail, signInMailRows } from '@tinyfat/database';
import { startWorkLoop, untilWritten, type WorkLoop, type WorkLoopOptions } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import type { SignInKey } from './sign-in-key.ts';

export interface SignInMailDeps extends LeaseDeps {
  key: SignInKey;
  workers: Pick<MailWorkers, 'compose'>;
  transport: MailTransport;
  random(): number;
  logger: Logger;
  publicUrl: URL;
  mailDomain: string;
  retryBaseMs: number;
  /** Gets the link of each mail that went out: in local mode the terminal shows it. */
  onSent(mail: SignInMail): void;
}

/** What opens one request. */
export interface SignInMail {
  address: string;
  link: string;
  code: string;
}

const AT_ONCE = 4;
const POLL_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Sends until it is stopped. */
export function startSignInMails(deps: SignInMailDeps): WorkLoop {
  return startWorkLoop(signInMailWork(deps));
}

/** The work itself: for a loop, or for one invocation that drains it. */
export function signInMailWork(deps: SignInMailDeps): WorkLoopOptions<SignInRequest> {
  const { clock, logger, leaseMs, transport } = deps;
  return {
    name: 'sign_in_mails',
    rows: signInMailRows(deps, transport.idempotent),
    clock,
    logger,
    leaseMs,
    atOnce: AT_ONCE,
    pollMs: POLL_MS,
    work: (request, signal) => send(deps, request, signal),
  };
}

async function send(deps: SignInMailDeps, request: SignInRequest, signal: AbortSignal): Promise<void> {
  const { db, key, transport, clock, logger } = deps;
  const began = clock();
  const mail: SignInMail = {
    address: request.address,
    link: new URL(`/sign-in/confirm?token=${await key.linkToken(request.id)}`, deps.publicUrl).href,
    code: await key.code(request.id),
  };
  const sender = `noreply@${deps.mailDomain}`;
  const composed = await compose(deps, request, mail, sender);
  const outcome = await transport.send(
    { sender, recipients: [request.address] },
    composed,
    `sign-in-${request.id}`,
  );
  const next = nextStep(deps, request, outcome);
  await untilWritten({ logger, signal, what: { request: request.id } }, () =>
    settleSignInMail(db, request, next, clock()),
  );
  const isWell = next.mail_state === 'sent';
  logger[isWell ? 'info' : 'warn']('sign_in_mail', {
    request: request.id,
    state: next.mail_state,
    outcome: outcome.state,
    attempt: request.mail_attempts,
    provider: transport.name,
    // A provider's words can repeat the address, which belongs to nobody's agent.
    reason: 'reason' in outcome ? outcome.reason.replaceAll(request.address, '(the address)') : undefined,
    ms: clock() - began,
  });
  if (isWell) deps.onSent(mail);
}

async function compose(
  { workers, publicUrl, mailDomain }: SignInMailDeps,
  request: SignInRequest,
  { address, link, code }: SignInMail,
  sender: string,
): Promise<Uint8Array> {
  const until = `${new Date(request.expires_at).toISOString().slice(11, 16)} UTC`;
  const composed = await workers.compose({
    // The same for every try, as all that is in it.
    messageId: newMessageId(request.id, mailDomain),
    from: { address: sender, name: 'tinyfat' },
    to: [{ address, name: '' }],
    cc: [],
    replyTo: null,
    subject: `Sign in to ${publicUrl.host}`,
    date: request.created_at,
    inReplyTo: null,
    references: [],
    body: {
      heading: `Sign in to ${publicUrl.host}`,
      blocks: [
        {
          kind: 'text',
          text: ['Somebody, hopefully you, wants to sign in with this address.'],
        },
        { kind: 'link', label: 'Open the sign-in page', href: link },
        { kind: 'text', text: ['Or enter this code on the page that asked for it:'] },
        { kind: 'code', code },
        { kind: 'text', text: [`Both work once, until ${until}. Give the code to nobody.`] },
        {
          kind: 'text',
          quiet: true,
          text: [
            'If you did not ask for this mail, do nothing: without the link or the code nobody gets in.',
          ],
        },
      ],
    },
    footer: null,
    autoSubmitted: 'auto-generated',
    attachments: [],
  });
  if (!composed.ok) throw new Error(`a sign-in mail could not be composed: ${composed.reason}`);
  return composed.raw;
}

type Outcome = Awaited<ReturnType<MailTransport['send']>>;
type Settlement = Parameters<typeof settleSignInMail>[2];

/** Another try only where the first one was surely not taken, or is folded, and only while the link will work. */
function nextStep(
  { transport, clock, random, retryBaseMs }: SignInMailDeps,
  request: SignInRequest,
  outcome: Outcome,
): Settlement {
  const { state, at } = afterMailTry(
    outcome,
    transport,
    { attempt: request.mail_attempts, now: clock(), until: request.expires_at },
    { baseMs: retryBaseMs, capMs: LONGEST_WAIT_MS, maxAttempts: Number.POSITIVE_INFINITY },
    random,
  );
  return { mail_state: state, mail_next_at: at };
}
