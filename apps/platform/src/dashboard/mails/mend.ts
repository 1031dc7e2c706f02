/** What an owner can do about a mail that woke nobody. */
import { describeError, isErrorCode } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { discardMail, type mail, releaseMail } from '../../api/routes/mails.ts';
import { addSender, checkSender, createSecretAddress } from '../../api/routes/senders.ts';
import { withoutCommands } from '../../view/refusal.ts';

type Mail = v.InferOutput<typeof mail>;

/** The forms of the page by the word in `does`. */
export type MendWord = 'allow' | 'secret' | 'release' | 'discard';

export interface Mend {
  does: MendWord;
  label: string;
  /** What it brings about. */
  hint: string;
}

/** What happened to the mail and the buttons for it, the best one first. */
export interface MendPanel {
  tone: 'wait' | 'bad';
  heading: string;
  reason: string;
  mends: Mend[];
  /** Where no button helps: what does; null where one does. */
  advice: string | null;
}

/** A secret address counts for senders on the list alone, so this one is put there. */
const SECRET: Mend = {
  does: 'secret',
  label: 'Make a secret address',
  hint: 'For this sender alone, who is put on the list too. Whoever knows the address can write in their name.',
};

const FOR_FORWARDER: Mend = {
  does: 'secret',
  label: 'Make a secret address',
  hint: 'For a forwarder of yours: what comes there need not name the agent. Whoever knows the address can use it.',
};

/** The panel; null for a mail that was taken, or about which there is nothing to do. */
export function mendOf(mail: Mail): MendPanel | null {
  const { verdict, state, reason, reason_code: code, agent, waiting } = mail;
  if (waiting) {
    const mends: Mend[] = [
      { does: 'release', label: 'Let it in', hint: `${agent} answers it next.` },
      { does: 'discard', label: 'Discard it', hint: 'It gets no answer. Its record stays.' },
    ];
    if (code === 'not_addressed') mends.push(FOR_FORWARDER);
    const heading =
      state === 'over_limit' ? 'Over the limit: it waits for you' : 'In quarantine: it waits for you';
    return { tone: 'wait', heading, reason, mends, advice: null };
  }
  if (verdict !== 'refused') return null;
  const mends = mendsOfRefusal(mail);
  return {
    tone: 'bad',
    heading: 'Refused',
    reason,
    mends,
    advice: mends.length === 0 ? adviceFor(code) : null,
  };
}

function mendsOfRefusal(mail: Mail): Mend[] {
  const { reason_code: code, sender, agent } = mail;
  if (code === 'not_allowed' && sender !== null) {
    const hint = `From now on ${agent} takes mail of this address. This one was refused for good: it has to be sent again.`;
    return [{ does: 'allow', label: `Allow ${sender}`, hint }];
  }
  return mayBeSecret(mail) ? [SECRET] : [];
}

/** Whether a secret address would have let the mail in: where its domain publishes nothing, and SPF did not fail. */
function mayBeSecret({ reason_code: code, sender, evidence }: Mail): boolean {
  if (code !== 'no_policy_no_signature' || sender === null) return false;
  const spf = evidence?.spf ?? null;
  return spf === null || spf.result !== 'fail' || !(spf.aligned || spf.domain === null);
}

/** The sentences of the code's next step that are not about the command line; null where there are none. */
function adviceFor(code: string): string | null {
  if (!isErrorCode(code)) return null;
  return withoutCommands(describeError(code).nextStep) || null;
}

/** What was done, by the word in the URL of the page after it. */
export const MENDED: Readonly<Record<string, string>> = {
  allow: 'The sender is on the list now. Ask them to send the mail again.',
  release: 'The mail was let in: it has its turn next.',
  discard: 'The mail was discarded. Its record stays here.',
};

/** `done` is the word for the next page; a secret address is shown at once, and never again. */
export type Mended = { ok: true; done: string } | { ok: true; secret: string } | Refusal;

/** Does what a form of the page asks for. */
export async function mend(ask: Ask, { id, agent, sender }: Mail, does: string): Promise<Mended> {
  const done = (outcome: Outcome<unknown>): Mended => (outcome.ok ? { ok: true, done: does } : outcome);
  switch (does) {
    case 'allow':
      if (sender === null) break;
      return done(await ask(addSender, { params: { agent }, body: { entry: sender } }));
    case 'secret': {
      const listed = sender === null ? null : await putOnList(ask, agent, sender);
      if (listed?.ok === false) return listed;
      const note = `for ${sender ?? 'a sender'}`.slice(0, 200);
      const made = await ask(createSecretAddress, { params: { agent }, body: { note } });
      return made.ok ? { ok: true, secret: made.body.address } : made;
    }
    case 'release':
      return done(await ask(releaseMail, { params: { id } }));
    case 'discard':
      return done(await ask(discardMail, { params: { id } }));
  }
  return refuse('invalid_request', 'The form names nothing that can be done here.');
}

/** Puts a sender on the list who would not get in otherwise. */
async function putOnList(ask: Ask, agent: string, sender: string): Promise<Outcome<unknown>> {
  const checked = await ask(checkSender, { params: { agent }, query: { address: sender } });
  if (!checked.ok || checked.body.gets_in) return checked;
  return await ask(addSender, { params: { agent }, body: { entry: sender } });
}
