/** The calls as the Worker of mail answers them: one after its admission by the gate of the isolate. Never rejects. */
import { outboxRecord, parseOutboxMail } from '@tinyfat/core';
import type { DnsResolver } from '../authenticate/lookups.ts';
import { senderEvidence } from '../authenticate/sender-evidence.ts';
import { compose } from '../compose/compose.ts';
import { inspect } from '../inspect/inspect.ts';
import type { MailLimits } from '../isolation/limits.ts';
import { readComposed } from '../read/read-composed.ts';
import { readMail } from '../read/read-mail.ts';
import { readReport } from '../reports/read-report.ts';
import { viewHtml } from '../view/view-html.ts';
import { viewMail } from '../view/view-mail.ts';
import { viewPart } from '../view/view-parts.ts';
import type { IsolateGate } from './isolate-gate.ts';
import type { MailBinding, RemoteCall } from './mail-binding.ts';

export interface MailCallsDeps {
  gate: IsolateGate;
  /** A resolver for the lookups of one message. */
  openResolver(): DnsResolver;
  /** Our own name, for the macros of SPF. */
  hostname: string;
  /** Whose Authentication-Results are believed in what a provider hands on; lower case. */
  authservIds: readonly string[];
  limits: Pick<MailLimits, 'dnsMs' | 'dnsLookups'>;
}

export function mailCalls({ gate, openResolver, hostname, authservIds, limits }: MailCallsDeps): MailBinding {
  const dns = { budgetMs: limits.dnsMs, lookups: limits.dnsLookups };

  function admitted<Args extends readonly unknown[], Answer>(
    work: (...args: Args) => Answer | Promise<Answer>,
  ): RemoteCall<Args, Answer> {
    return async (admission, take) => {
      const leave = await gate.enter(admission);
      if (leave === null) return { ok: false, code: 'busy', reason: 'there was no room for it in time' };
      try {
        const args = await take().catch(() => null);
        if (args === null) return { ok: false, code: 'busy', reason: 'the bytes of it did not come' };
        return { ok: true, answer: await work(...args) };
      } catch (error) {
        return { ok: false, code: 'threw', reason: error instanceof Error ? error.message : String(error) };
      } finally {
        leave();
      }
    };
  }

  return {
    inspect: admitted((raw, client, envelopeSender) =>
      inspect(raw, { client, envelopeSender, hostname, dns, authservIds }, (...about) =>
        senderEvidence(...about, openResolver),
      ),
    ),
    read: admitted(readMail),
    readReport: admitted(readReport),
    compose: admitted(compose),
    readComposed: admitted(readComposed),
    checkOutbox: admitted((raw) => parseOutboxMail(new TextDecoder().decode(raw))),
    recordOutbox: admitted((raw, mark, result, fallback) => outboxRecord({ mark, raw }, result, fallback)),
    view: admitted(viewMail),
    viewHtml: admitted(viewHtml),
    viewPart: admitted(viewPart),
  };
}
