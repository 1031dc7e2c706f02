/**
 * One line of a session's file (pi's session format, version 3) as a transcript shows it. The agent can write the file:
 * everything in a line is taken for text, cut to a length, and believed in nothing.
 */
import { isRecord, parseJsonObject } from '@tinyfat/core';

/** What an entry is: `mail` came in, `answer` is the model's; `summary` stands for what came before it. */
export const ENTRY_KINDS = [
  'mail',
  'answer',
  'tool_result',
  'system',
  'summary',
  'run',
  'model',
  'other',
  'unreadable',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** A piece of an entry; `prompt` is all that the model was given with a mail. */
export const PART_KINDS = ['text', 'prompt', 'thinking', 'tool_call', 'tool_output', 'image'] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** `length`: characters of the whole text, where `text` is only its beginning; null where it is whole. */
export interface TranscriptPart {
  kind: PartKind;
  /** Of a tool; null for everything else. */
  name: string | null;
  text: string;
  length: number | null;
}

export interface TranscriptEntry {
  kind: EntryKind;
  /** ISO 8601; null where the line says none. */
  at: string | null;
  /** Model of an answer, id of a run, or what went wrong with a line; null for everything else. */
  note: string | null;
  failed: boolean;
  parts: TranscriptPart[];
  /** Parts that are left out, since there are more than are shown. */
  more_parts: number;
}

/** Parts of one entry that are shown. */
const MOST_PARTS = 50;
const MOST_NAME = 100;
/** A line of pi's has some twenty values, and a call of a tool as many as its arguments. */
const LIMITS = { depth: 64, values: 20_000 };

/** The entry of a line, with at most `most` characters of each text; null where the line has nothing to show. */
export function transcriptEntry(line: string, most: number): TranscriptEntry | null {
  const parsed = parseJsonObject(line, LIMITS);
  if (!parsed.ok) return unreadable('This line of the file can not be read.');
  const { value } = parsed;
  const entry = entryOf(value);
  if (entry === null) return null;
  const { parts, ...rest } = entry;
  return {
    note: null,
    failed: false,
    ...rest,
    at: timeOf(value.timestamp),
    parts: parts.slice(0, MOST_PARTS).map((part) => cut(part, most)),
    more_parts: Math.max(0, parts.length - MOST_PARTS),
  };
}

/** An entry in the place of a line that is not shown; `why` is a sentence. */
export function unreadable(why: string): TranscriptEntry {
  return { kind: 'unreadable', at: null, note: why, failed: false, parts: [], more_parts: 0 };
}

type WholePart = Omit<TranscriptPart, 'length'>;
type WholeEntry = Pick<TranscriptEntry, 'kind'> &
  Partial<Pick<TranscriptEntry, 'note' | 'failed'>> & { parts: WholePart[] };

function entryOf(line: Record<string, unknown>): WholeEntry | null {
  switch (line.type) {
    case 'message':
      return isRecord(line.message) ? messageEntry(line.message) : null;
    case 'compaction':
    case 'branch_summary':
      return { kind: 'summary', parts: texts('text', line.summary) };
    case 'custom_message':
      return { kind: 'other', parts: contentParts(line.content, 'text') };
    case 'model_change':
      return { kind: 'model', note: shortText(line.modelId), parts: [] };
    case 'custom': {
      const run = line.customType === 'tinyfat.run' && isRecord(line.data) ? line.data.run_id : undefined;
      return typeof run === 'string' && /^[0-9a-f-]{8,64}$/.test(run)
        ? { kind: 'run', note: run, parts: [] }
        : null;
    }
    default:
      return null;
  }
}

function messageEntry(message: Record<string, unknown>): WholeEntry | null {
  switch (message.role) {
    case 'user':
      return { kind: 'mail', parts: contentParts(message.content, 'text').flatMap(mailParts) };
    case 'assistant': {
      const wrong = message.stopReason === 'error' || message.stopReason === 'aborted';
      const said = wrong ? texts('text', message.errorMessage) : [];
      return {
        kind: 'answer',
        note: shortText(message.model),
        failed: wrong,
        parts: [...contentParts(message.content, 'text'), ...said],
      };
    }
    case 'toolResult': {
      const name = shortText(message.toolName);
      return {
        kind: 'tool_result',
        note: name,
        failed: message.isError === true,
        parts: contentParts(message.content, 'tool_output').map((part) => ({ ...part, name })),
      };
    }
    case 'system': {
      const sections = isRecord(message.sections) ? Object.values(message.sections) : [];
      const all = [message.content, ...sections].filter((one) => typeof one === 'string' && one !== '');
      return { kind: 'system', parts: texts('text', all.join('\n\n')) };
    }
    default:
      return { kind: 'other', parts: contentParts(message.content, 'text') };
  }
}

/** What the sender newly wrote, as step-mom's prompt marks it, before the whole prompt. */
function mailParts(part: WholePart): WholePart[] {
  const open = /<mail_text nonce="[0-9a-f]+">\n/.exec(part.text);
  if (part.kind !== 'text' || open === null) return [part];
  const from = open.index + open[0].length;
  const end = part.text.indexOf('</mail_text', from);
  const own = part.text.slice(from, end === -1 ? undefined : end).trimEnd();
  return [
    { kind: 'text', name: null, text: own },
    { ...part, kind: 'prompt' },
  ];
}

function contentParts(content: unknown, kind: PartKind): WholePart[] {
  if (typeof content === 'string') return texts(kind, content);
  return Array.isArray(content) ? content.flatMap((block) => blockParts(block, kind)) : [];
}

function blockParts(block: unknown, kind: PartKind): WholePart[] {
  if (!isRecord(block)) return [];
  switch (block.type) {
    case 'text':
      return texts(kind, block.text);
    case 'thinking':
      return texts('thinking', block.thinking);
    case 'toolCall':
      return [
        {
          kind: 'tool_call',
          name: shortText(block.name) ?? '?',
          text: JSON.stringify(block.arguments, null, 2) ?? '',
        },
      ];
    case 'image':
      return [{ kind: 'image', name: null, text: shortText(block.mimeType) ?? '' }];
    default:
      return [];
  }
}

function texts(kind: PartKind, text: unknown): WholePart[] {
  return typeof text === 'string' && text.trim() !== '' ? [{ kind, name: null, text }] : [];
}

/** The beginning; no half of a character at its end. */
function cut({ text, ...part }: WholePart, most: number): TranscriptPart {
  const isWhole = text.length <= most;
  const shown = isWhole ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return { ...part, text: shown.toWellFormed(), length: isWhole ? null : text.length };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, MOST_NAME).toWellFormed() : null;
}

function timeOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
