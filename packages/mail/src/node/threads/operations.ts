/** What the main thread asks of a worker thread, and how. */
import type {
  Inspection,
  MailMark,
  MailReport,
  MailResult,
  OutboxRecord,
  ParsedOutboxMail,
} from '@tinyfat/core';
import type { SenderRequest } from '../../authenticate/sender-rule.ts';
import type { ComposedMail, OutgoingMail, ReadComposed, ReadMail } from '../../contract/mail.ts';
import type { MailHtml, MailPart, MailView, Viewed } from '../../contract/mail-view.ts';

/** The bytes of a message; their buffer is handed over to the thread. */
type Raw = Uint8Array<ArrayBuffer>;

/** The operations of a worker thread. Each argument and each result can be cloned. */
export interface Operations {
  /** `dnsServers` as `nodeResolver` takes them. */
  inspect(raw: Raw, request: SenderRequest, dnsServers: readonly string[]): Promise<Inspection>;
  read(raw: Raw, plain: boolean): Promise<ReadMail>;
  report(raw: Raw): Promise<MailReport | null>;
  compose(mail: OutgoingMail, plain: boolean): Promise<ComposedMail>;
  readComposed(raw: Raw): Promise<ReadComposed>;
  checkOutbox(raw: Raw): Promise<ParsedOutboxMail>;
  recordOutbox(
    raw: Raw,
    mark: MailMark,
    result: MailResult,
    fallback: Record<string, unknown>,
  ): Promise<OutboxRecord>;
  view(raw: Raw): Promise<Viewed<MailView>>;
  viewHtml(raw: Raw): Promise<Viewed<MailHtml>>;
  viewPart(raw: Raw, number: number): Promise<Viewed<MailPart>>;
}

export type OperationName = keyof Operations;
export type ResultOf<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;

/** Modules that an operation needs. A thread loads one only when the main thread says so. */
export type ThreadModule =
  | 'inspect'
  | 'authenticate'
  | 'read'
  | 'report'
  | 'compose'
  | 'composed'
  | 'outbox'
  | 'view'
  | 'viewHtml'
  | 'viewPart';

/** One call of an operation, with the modules that it needs. */
export interface Task<Name extends OperationName = OperationName> {
  operation: Name;
  args: Parameters<Operations[Name]>;
  modules: readonly ThreadModule[];
}

/** What the main thread posts. */
export type Posted = { load: ThreadModule } | { id: number; task: Task };

/**
 * What a worker thread posts: that it has started, that a module is loaded or cannot be, and of each task that it has
 * begun and how it ended.
 */
export type Reply =
  | { loaded: ThreadModule | 'start' }
  | ({ id: number } & ({ begun: true } | { answer: unknown } | { reason: string }));
