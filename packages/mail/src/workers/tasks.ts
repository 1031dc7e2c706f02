/** What the main thread asks of a worker, and what it gets back. */
import type {
  Inspection,
  MailMark,
  MailReport,
  MailResult,
  OutboxRecord,
  ParsedOutboxMail,
} from '@tinyfat/core';
import type { ComposedMail, OutgoingMail, ReadMail } from '../contract.ts';
import type { InspectRequest } from '../inspect/inspect.ts';

/** What a thread loads ahead of the first mail. */
export type LoadedPart = 'inspect' | 'read' | 'compose';

export type Task =
  | { operation: 'load'; part: LoadedPart }
  | { operation: 'inspect'; raw: Uint8Array<ArrayBuffer>; request: InspectRequest }
  | { operation: 'read'; raw: Uint8Array<ArrayBuffer>; plain: boolean }
  | { operation: 'report'; raw: Uint8Array<ArrayBuffer> }
  | { operation: 'compose'; mail: OutgoingMail; plain: boolean }
  | { operation: 'check-outbox'; raw: Uint8Array<ArrayBuffer> }
  | { operation: 'record-outbox'; raw: Uint8Array<ArrayBuffer>; mark: MailMark; record: RecordRequest };

/** What a record says, besides what stands in a file. */
export interface RecordRequest {
  result: MailResult;
  fallback: Record<string, unknown>;
}

export type TaskResult =
  | { operation: 'load' }
  | { operation: 'inspect'; result: Inspection }
  | { operation: 'read'; result: ReadMail }
  | { operation: 'report'; result: MailReport | null }
  | { operation: 'compose'; result: ComposedMail }
  | { operation: 'check-outbox'; result: ParsedOutboxMail }
  | { operation: 'record-outbox'; result: OutboxRecord };

/** What the main thread posts. */
export interface Posted {
  id: number;
  task: Task;
}

/** What a worker posts of each task: that its libraries are loaded, then how it ended. */
export type Reply = { id: number } & ({ begun: true } | { answer: TaskResult } | { reason: string });
