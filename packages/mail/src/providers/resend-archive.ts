/**
 * Mails that Resend took in for us (its Receiving API). Always the raw message is fetched and read by ourselves: what
 * Resend makes of it can not be checked. Nothing is tried again here.
 */
import {
  type ArchivedMail,
  type ArchivePage,
  type MailArchive,
  type ProviderAnswer,
  parseMessageId,
  recipientsOf,
  timeFrom,
} from '@tinyfat/core';
import { fieldOf, numberField, textField } from './answer-fields.ts';
import { downloadRaw, isLoopbackUrl } from './download-raw.ts';
import { providerReason, retryAfterMs } from './provider-answer.ts';
import type { ResendAccount } from './resend-account.ts';
import type { ResendAnswer } from './resend-outcome.ts';

/** Times in ms, sizes in bytes. */
export interface ResendArchiveOptions {
  account: ResendAccount;
  /** Of one message; of a larger one the beginning is given. */
  maxBytes: number;
  keepBytes: number;
  /** Where stored messages may lie: names of hosts, each with all below it. */
  downloadHosts: readonly string[];
  /** For one request to the API. */
  timeoutMs?: number;
  /** For one message. */
  downloadMs?: number;
}

/** The most that the API lists at once. */
const PAGE = 100;
/** Mails of one list and addresses of one mail that are looked at. */
const MAX_ADDRESSES = 1000;

type Client = Awaited<ReturnType<ResendAccount['connect']>>['client'];
type Ask = (client: Client, options: RequestOptions) => Promise<ResendAnswer>;
interface RequestOptions {
  signal: AbortSignal;
  redirect: 'error';
}

/** Asks with the account's key, within its rate limit. */
export function resendArchive({ account, ...options }: ResendArchiveOptions): MailArchive {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const download = {
    maxBytes: options.maxBytes,
    keepBytes: options.keepBytes,
    timeoutMs: options.downloadMs ?? 120_000,
    hosts: options.downloadHosts,
    plainOnLoopback: isLoopbackUrl(account.baseUrl),
  };

  async function ask(request: Ask): Promise<ProviderAnswer<unknown>> {
    let answer: ResendAnswer;
    try {
      const { client, gate } = await account.connect();
      const wait = await gate.enter();
      if (wait > 0) return { ...failed('The rate limit of Resend is used up.'), retryAfterMs: wait };
      // The library hands its options on to fetch, which would take the key to wherever an answer points.
      const asking = request(client, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
      answer = await asking.catch((error) => ({
        data: null,
        error: { message: String(error) },
        headers: null,
      }));
      gate.leave(answer.headers);
    } catch (error) {
      return failed(`The library for Resend could not be loaded: ${String(error)}`);
    }
    if (answer.error === null && answer.data !== null) return { ok: true, value: answer.data };
    const status = numberField(answer.error, 'statusCode');
    const name = textField(answer.error, 'name');
    const statement = status === 0 ? 'Resend gave no clear answer' : `Resend answered ${status} ${name}`;
    const asked = retryAfterMs(answer.headers?.['retry-after'], account.clock());
    return {
      ...failed(providerReason(statement, textField(answer.error, 'message'), account.apiKey)),
      ...(asked === undefined ? {} : { retryAfterMs: asked }),
    };
  }

  return {
    async fetch(mailId): Promise<ProviderAnswer<ArchivedMail>> {
      // Without `cid` inline images would stand in the answer once more.
      const got = await ask((client, more) =>
        client.emails.receiving.get(mailId, { html_format: 'cid' }, more),
      );
      if (!got.ok) return got;
      const address = textField(fieldOf(got.value, 'raw'), 'download_url');
      if (address === '') return failed('Resend does not say where the stored message is.');
      const downloaded = await downloadRaw(address, download);
      if (!downloaded.ok) return failed(downloaded.reason);
      const list = (name: string) => texts(fieldOf(got.value, name));
      const recipients = recipientsOf({
        received_for: list('received_for'),
        to: list('to'),
        cc: list('cc'),
        bcc: list('bcc'),
      });
      const from = textField(got.value, 'from');
      const { raw, oversizeBytes } = downloaded;
      const mail = { recipients, from: from === '' ? null : from, raw };
      return { ok: true, value: oversizeBytes === undefined ? mail : { ...mail, oversizeBytes } };
    },

    async list(before): Promise<ProviderAnswer<ArchivePage>> {
      const paging = before === null ? { limit: PAGE } : { limit: PAGE, after: before };
      const got = await ask((client, more) => listPage(client, paging, more));
      if (!got.ok) return got;
      const entries = fieldOf(got.value, 'data');
      if (!Array.isArray(entries)) return failed('Resend gave no list of received mails.');
      const mails = [];
      for (const entry of entries) {
        const [id, at] = [textField(entry, 'id'), timeFrom(textField(entry, 'created_at'))];
        if (id === '' || at === null) return failed('Resend listed a received mail without id or time.');
        mails.push({ id, at });
      }
      return { ok: true, value: { mails, more: fieldOf(got.value, 'has_more') === true } };
    },

    async sentMessageId(mailId): Promise<ProviderAnswer<string | null>> {
      const got = await ask((client, more) => client.emails.get(mailId, more));
      return got.ok ? { ok: true, value: parseMessageId(textField(got.value, 'message_id')) } : got;
    },
  };
}

/** The list's type in the library has no headers, though the answer has. */
async function listPage(
  client: Client,
  paging: { limit: number; after?: string },
  options: RequestOptions,
): Promise<ResendAnswer> {
  const answer = await client.emails.receiving.list(paging, options);
  const headers = fieldOf(answer, 'headers');
  return { data: answer.data, error: answer.error, headers: isRecord(headers) ? headers : null };
}

function isRecord(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null;
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ADDRESSES).filter((one) => typeof one === 'string');
}

function failed(reason: string): Extract<ProviderAnswer<never>, { ok: false }> {
  return { ok: false, code: 'webhook_fetch_failed', reason };
}
