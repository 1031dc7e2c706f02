/** The forms of the first run. */
import { type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { createAgent } from '../../api/routes/agents.ts';
import { sendTestMail } from '../../api/routes/first-run.ts';
import { putKey } from '../../api/routes/keys.ts';
import { addSender } from '../../api/routes/senders.ts';

/** What a form led to: the agent and the word for the next page, or why not. */
export type Submitted = { ok: true; agent: string; done: string } | Refusal;

/** The forms as the page shows them: where they are sent, and what came of the one that was. */
export interface StartForm {
  action: string;
  /** Which one was sent; null for none. */
  did: string | null;
  refusal: Refusal | null;
  /** What was typed into a field of it. */
  field(name: string): string | undefined;
}

/** What is said after each form. */
export const DONE: Readonly<Record<string, string>> = {
  made: 'Your agent is there.',
  allowed: 'They may write to it now.',
  known: 'They could write to it before.',
  key: 'The key is stored, sealed. Turns use it from now on.',
  sent: 'The mail is on its way.',
};

/** Does what a form asks for; `agent` is the one that the page is about. */
export async function submitStart(ask: Ask, agent: string | null, form: URLSearchParams): Promise<Submitted> {
  const text = (name: string) => (form.get(name) ?? '').trim();
  const does = form.get('does');
  if (does === 'make') {
    const made = await ask(createAgent, { body: { name: text('name') } });
    return made.ok ? { ok: true, agent: made.body.name, done: 'made' } : made;
  }
  if (agent === null) return refuse('invalid_request', 'Make an agent first.');
  const params = { agent };
  switch (does) {
    case 'allow': {
      const added = await ask(addSender, { params, body: { entry: text('entry') } });
      return added.ok ? { ok: true, agent, done: added.body.added ? 'allowed' : 'known' } : added;
    }
    case 'key': {
      const stored = await ask(putKey, { params: { provider: 'anthropic' }, body: { key: text('key') } });
      return stored.ok ? { ok: true, agent, done: 'key' } : stored;
    }
    case 'send': {
      const body = { subject: text('subject'), text: form.get('text') ?? '' };
      const sent = await ask(sendTestMail, { params, body });
      return sent.ok ? { ok: true, agent, done: 'sent' } : sent;
    }
    default:
      return refuse('invalid_request', 'The form does not say what is to be done.');
  }
}
