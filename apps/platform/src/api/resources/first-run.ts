import { agentName, canonicalAddress } from '@tinyfat/core';
import {
  type Agent,
  type Database,
  deliveriesOfMail,
  findProviderKey,
  firstMails,
  isNameTaken,
  type Mail,
  runOfMail,
} from '@tinyfat/database';
import type * as v from 'valibot';
import { refuse } from '../answer.ts';
import { agentEndpoint, endpoint } from '../endpoint.ts';
import { eventStream } from '../events/follow-run.ts';
import { followState } from '../events/follow-state.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/first-run.ts';
import { readRecipients } from './mails.ts';

/** What pages show of a mail in the mailbox, characters. */
const MOST_TEXT = 20_000;

export const firstRunEndpoints = [
  endpoint(routes.getFirstRun, async ({ deps, principal }) => {
    const { owner } = principal;
    const own = owner === null ? undefined : await findProviderKey(deps.db, owner, 'anthropic');
    return {
      ok: true,
      body: {
        may_create_agents: principal.isAdmin || (await deps.mayCreateAgents(principal)),
        mail_domain: deps.mailDomain,
        public_domain: deps.mailDomainLook !== null,
        key: own ? 'owner' : deps.operatorPays ? 'operator' : null,
        local_mail: deps.localMail !== null,
      },
    };
  }),

  endpoint(routes.checkAgentName, async ({ deps, principal, params }) => {
    if (!principal.isAdmin && !(await deps.mayCreateAgents(principal)))
      return refuse('not_permitted', 'Agents are made by the operators here.');
    const cannot = (name: string, reason: string) =>
      ({ ok: true, body: { name, address: null, free: false, reason } }) as const;
    const parsed = agentName(params.name);
    if (!parsed.ok) return cannot(params.name, parsed.reason);
    const { name } = parsed;
    const address = `${name}@${deps.mailDomain}`;
    if (!canonicalAddress(address).ok)
      return cannot(name, 'The name is too long for an address at this domain.');
    if (await isNameTaken(deps.db, name)) return cannot(name, `There is an agent ${name} already.`);
    return { ok: true, body: { name, address, free: true, reason: null } };
  }),

  endpoint(routes.getMailDomain, async ({ deps, principal }) => {
    if (!principal.isAdmin && !(await deps.mayCreateAgents(principal)))
      return refuse('not_permitted', 'The rows are for the operators here.');
    if (deps.mailDomainLook === null)
      return refuse(
        'conflict',
        `${deps.mailDomain} is the domain of this machine alone: nobody looks it up.`,
      );
    return { ok: true, body: { domain: deps.mailDomain, ...(await deps.mailDomainLook()) } };
  }),

  agentEndpoint(routes.getFirstMail, async ({ agent, deps, principal, request, see, streams }) => {
    const isStream = (request.headers.get('accept') ?? '').includes('text/event-stream');
    if (!isStream || request.method !== 'GET')
      return { ok: true, body: { list: await firstMail(deps.db, agent) } };
    const release = streams.acquire(principal.owner ?? '');
    if (!release) return refuse('too_many_requests', 'Too many streams of yours are open; close one first.');
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, request.signal, deps.stopping]);
    const frames = followState(deps, signal, async () => {
      const found = await see.agent(agent.name);
      if (!found.ok) return null;
      const state = await firstMail(deps.db, found.row);
      return { state, isOver: state.answer?.state === 'sent' };
    });
    const stream = eventStream(frames, () => {
      left.abort();
      release();
    });
    return { ok: true, body: { stream } };
  }),

  agentEndpoint(routes.sendTestMail, async ({ agent, deps, principal, body }) => {
    if (deps.localMail === null)
      return refuse('conflict', 'Mail leaves this server for real: write from a mail program.');
    if (principal.owner === null)
      return refuse('invalid_request', 'The operator has no address to write from; use tinyfat send.');
    const to = `${agent.name}@${deps.mailDomain}`;
    const sent = await deps.localMail.send({ from: principal.owner, to, ...body });
    if (!sent.ok) return refuse('conflict', `The mail was not taken: ${sent.reason}`);
    return { ok: true, body: { message_id: sent.messageId } };
  }),

  endpoint(routes.getSentText, async ({ deps, see, principal, params }) => {
    const found = await see.delivery(params.id);
    if (!found.ok) return found;
    const { row } = found;
    // Of the mails in the mailbox a person sees those that went to them.
    if (principal.owner === null || !readRecipients(row.recipients).includes(principal.owner))
      return refuse('not_found');
    if (deps.localMail === null || row.provider !== 'maildir' || row.state !== 'sent')
      return refuse('conflict', 'It does not lie in the mailbox of this machine.');
    const mail = await deps.localMail.sent(row.id);
    if (mail === null) return refuse('conflict', 'It is no longer in the mailbox.');
    return {
      ok: true,
      body: { file: mail.file, subject: row.subject, text: mail.text.slice(0, MOST_TEXT) },
    };
  }),
];

type FirstMail = v.InferOutput<typeof routes.firstMail>;

async function firstMail(db: Database, agent: Agent): Promise<FirstMail> {
  const { letIn, newest } = await firstMails(db, agent.id);
  if (letIn === undefined)
    return { mail: null, refused: newest ? arrived(newest) : null, run: null, answer: null };
  const deliveries = await deliveriesOfMail(db, letIn.id);
  const answer = deliveries.find(
    ({ kind, recipients }) => kind !== 'mail' && readRecipients(recipients).includes(letIn.sender ?? ''),
  );
  return {
    mail: arrived(letIn),
    refused: null,
    run: (await runOfMail(db, letIn.id))?.id ?? null,
    answer: answer
      ? {
          id: answer.id,
          kind: answer.kind,
          state: answer.state,
          sent_at: isoTimeOrNull(answer.sent_at),
          reason: answer.reason,
        }
      : null,
  };
}

function arrived({ id, sender, subject, received_at, state, state_reason, reason }: Mail) {
  return {
    id,
    sender,
    subject,
    received_at: isoTime(received_at),
    state,
    reason: state_reason === '' ? reason : state_reason,
  };
}
