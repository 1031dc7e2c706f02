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
import { downloadRaw, isLoopbackUrl } from './download-raw.ts';
import { fieldOf, textField } from './provider-answer.ts';
import type { ResendAccount } from './resend-account.ts';
import { resendFailure } from './resend-outcome.ts';

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

/** Asks with the account's key, within its rate limit. */
export function resendArchive({ account, ...options }: ResendArchiveOptions): MailArchive {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const download = {
    maxBytes: options.maxBytes,
    keepBytes: options.keepBytes,
    timeoutMs: options.downloadMs ?? 120_000,
    hosts: options.downloadHosts,
    plainOnLoopback: isLoopbackUrl(account.baseUrl),
    fetch: account.fetch,
  };

  async function get(path: string): Promise<ProviderAnswer<unknown>> {
    const wait = await account.bucket.take();
    if (wait > 0) return { ...failed('The rate limit of Resend is used up.'), retryAfterMs: wait };
    const answer = await account.ask({ method: 'GET', path, timeoutMs });
    account.bucket.settle(answer.headers);
    if (answer.error === null && answer.data !== null) return { ok: true, value: answer.data };
    const { reason, retryAfter } = resendFailure(answer, account.apiKey, account.clock());
    return { ...failed(reason), ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }) };
  }
  async function getMail(folder: string, mailId: string, query = ''): Promise<ProviderAnswer<unknown>> {
    // In a path these would name another folder.
    if (/^\.{0,2}$/.test(mailId)) return failed('This is no id of a mail.');
    return await get(`${folder}/${encodeURIComponent(mailId)}${query}`);
  }

  return {
    async fetch(mailId): Promise<ProviderAnswer<ArchivedMail>> {
      // Without `cid` inline images would stand in the answer once more.
      const got = await getMail('/emails/receiving', mailId, '?html_format=cid');
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
      const after = before === null ? '' : `&after=${encodeURIComponent(before)}`;
      const got = await get(`/emails/receiving?limit=${PAGE}${after}`);
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
      const got = await getMail('/emails', mailId);
      return got.ok ? { ok: true, value: parseMessageId(textField(got.value, 'message_id')) } : got;
    },
  };
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ADDRESSES).filter((one) => typeof one === 'string');
}

function failed(reason: string): Extract<ProviderAnswer<never>, { ok: false }> {
  return { ok: false, code: 'webhook_fetch_failed', reason };
}
