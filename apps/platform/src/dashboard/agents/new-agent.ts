/** The page that makes an agent. */
import { DEFAULT_MODEL, MODEL_ALIASES } from '@tinyfat/core';
import type { Outcome, Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { createAgent } from '../../api/routes/agents.ts';
import { getMe } from '../../api/routes/me.ts';

/** What the page shows. */
export interface NewAgentPage {
  ok: true;
  mailDomain: string;
  mayCreate: boolean;
  /** Whether the agent may be somebody else's. */
  mayNameOwner: boolean;
  owner: string;
  models: { value: string; label: string }[];
}

/** The fields, as they are typed. */
export interface NewAgentFields {
  name: string;
  model: string;
  /** Entries, one a line. */
  allow: string;
  owner: string;
}

/** Asks what the page needs to know. */
export async function newAgentPage(ask: Ask): Promise<NewAgentPage | Refusal> {
  const me = await ask(getMe);
  if (!me.ok) return me;
  return {
    ok: true,
    mailDomain: me.body.mail_domain,
    mayCreate: me.body.may_create_agents,
    mayNameOwner: me.body.is_admin,
    owner: me.body.owner ?? '',
    models: [
      { value: '', label: `The server’s default (${DEFAULT_MODEL})` },
      ...MODEL_ALIASES.map((alias) => ({ value: alias, label: alias })),
    ],
  };
}

/** The fields of a form; white space around each is dropped. */
export function newAgentFields(form: URLSearchParams): NewAgentFields {
  const text = (name: string) => (form.get(name) ?? '').trim();
  return { name: text('name'), model: text('model'), allow: text('allow'), owner: text('owner') };
}

/** Makes the agent. Its owner may write to it from the start. */
export async function makeAgent(
  ask: Ask,
  { name, model, allow, owner }: NewAgentFields,
): Promise<Outcome<{ name: string; warnings: string[] }>> {
  const entries = allow.split(/[\s,;]+/).filter((entry) => entry !== '');
  return await ask(createAgent, {
    body: {
      name,
      ...(model === '' ? {} : { model }),
      ...(entries.length === 0 ? {} : { allow: entries }),
      ...(owner === '' ? {} : { owner }),
    },
  });
}
