/** One mail by its id: what was checked and decided, its bytes, and letting it in or ending it. */
import { mailRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { ApiClient, Failed } from '../client/api-client.ts';
import { notFound, overApi, withApi } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { printFacts } from '../output/facts.ts';
import { printable, printJson, time } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';

type Mail = InferOutput<typeof mailRoutes.mail>;

/** Prints everything that is on record about a mail. */
export const showMail = overApi<[string], { json: boolean }>(async (api, { words: [id], options }) => {
  const found = await api.call(mailRoutes.getMail, { params: { id } });
  if (!found.ok) return unknownMail(found, id);
  if (options.json) printJson(found.body);
  else printFacts(factsOf(found.body));
  return 0;
});

function factsOf(mail: Mail): [string, string][] {
  return [
    ['id', mail.id],
    ['agent', mail.agent],
    ['received', `${time(mail.received_at)} over ${mail.via} from ${mail.client_address ?? '-'}`],
    ['envelope', `<${mail.envelope_sender}> to <${mail.envelope_recipient}>`],
    ['from', `${mail.sender ?? '-'} ${mail.sender_name === '' ? '' : `(calls itself ${mail.sender_name})`}`],
    ['subject', mail.subject],
    ['date', time(mail.sent_at)],
    ['message-id', mail.message_id],
    ['bytes', String(mail.raw_bytes)],
    ['verdict', `${mail.verdict} (${mail.reason_code}): ${mail.reason}`],
    ['state', `${mail.state}${mail.state_reason === '' ? '' : `: ${mail.state_reason}`}`],
    ...(mail.authentication === '' ? [] : [['sender', mail.authentication] as [string, string]]),
    ...evidenceLines(mail.evidence),
    ...mail.deliveries.map((one): [string, string] => [
      'delivery',
      `${one.id}: ${one.kind} to ${one.recipients.join(', ')}, ${one.state}`,
    ]),
    ...(mail.next_step === null ? [] : [['next step', mail.next_step] as [string, string]]),
  ];
}

/** Writes the bytes as they came to standard output; of a refused mail only the beginning is stored. */
export const rawMail = overApi<[string]>(async (api, { words: [id] }) => {
  const found = await api.call(mailRoutes.getMail, { params: { id } });
  if (!found.ok) return unknownMail(found, id);
  const raw = await api.call(mailRoutes.getRawMail, { params: { id } });
  if (!raw.ok) return unknownMail(raw, id);
  if (!('bytes' in raw.body)) throw new Error('a client reads its answers whole');
  const { bytes } = raw.body;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
  const { raw_bytes: whole, verdict } = found.body;
  if (bytes.length < whole) {
    console.error(
      `tinyfat: the mail got no turn (${verdict}); of its ${whole} bytes the first ${bytes.length} are stored.`,
    );
  }
  return 0;
});

/** Gives a mail in quarantine its turn after all. A running server begins it within a second. */
export const releaseMail = overApi<[string]>(async (api, { words: [id] }) => {
  const released = await api.call(mailRoutes.releaseMail, { params: { id } });
  if (!released.ok) return unknownMail(released, id);
  console.log(printable(`The mail of ${released.body.sender} waits for its turn.`));
  return 0;
});

/** Ends a mail in quarantine, or all of an agent, without a turn. They stay on record with their bytes. */
export const discardMails: Run<[string | undefined], { all: string | undefined }> = async (
  { words: [id], options },
  config,
) => {
  const { all } = options;
  if (id !== undefined && all === undefined) return await withApi(config, (api) => discardOne(api, id));
  if (id === undefined && all !== undefined) return await withApi(config, (api) => discardAll(api, all));
  throw new UsageError('name one mail by its ID, or an agent with --all');
};

async function discardOne(api: ApiClient, id: string): Promise<number> {
  const discarded = await api.call(mailRoutes.discardMail, { params: { id } });
  if (!discarded.ok) return unknownMail(discarded, id);
  console.log('The mail gets no turn. It stays on record.');
  return 0;
}

async function discardAll(api: ApiClient, agent: string): Promise<number> {
  const answer = await api.call(mailRoutes.discardAllMails, { params: { agent } });
  if (!answer.ok) return unknownAgent(answer, agent);
  console.log(`${answer.body.discarded} mails get no turn. They stay on record.`);
  return 0;
}

function unknownMail(failure: Failed, id: string): number {
  return notFound(failure, `there is no mail ${id}; tinyfat mails shows them with their ids.`);
}

function evidenceLines(evidence: Mail['evidence']): [string, string][] {
  if (!evidence) return [['checked', 'nothing: the mail could not be read']];
  const who = {
    trusted_client: 'not checked: the client is trusted',
    verified: 'by this server',
    asserted: `by ${evidence.authserv ?? '-'}, which the operator trusts`,
    unverified: 'nothing that counts',
  };
  const lines: [string, string][] = [['checked', who[evidence.source]]];
  const aligned = (is: boolean) => (is ? 'aligned with From' : 'another domain than From');
  if (evidence.spf) {
    const { result, domain, aligned: is } = evidence.spf;
    lines.push(['SPF', `${result} for ${domain ?? '-'}, ${aligned(is)}`]);
  }
  for (const one of evidence.dkim) {
    const limited = one.body_length_limited ? ', covers only the beginning of the body (l=)' : '';
    const at = one.signed_at === null ? '' : `, signed ${time(one.signed_at)}`;
    const result = one.result === 'policy' ? 'not counted' : one.result;
    lines.push([
      'DKIM',
      `${result} for ${one.domain} (${one.selector}), ${aligned(one.aligned)}${limited}${at}`,
    ]);
  }
  if (evidence.dmarc) {
    const { result, domain, policy } = evidence.dmarc;
    lines.push(['DMARC', `${result} for ${domain ?? '-'}, policy ${policy ?? 'not published'}`]);
  }
  return lines;
}
