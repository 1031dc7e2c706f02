/** What was said in a session, a page at a time, in words. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getTranscript, type transcriptEntry } from '../../api/routes/sessions.ts';
import type { EntryKind, PartKind } from '../../api/transcript/entry.ts';
import { countText } from '../../view/numbers.ts';

type Entry = v.InferOutput<typeof transcriptEntry>;

/** A piece of an entry. */
export interface ShownPart {
  /** What it is, where it is folded up; null: it is shown as it is. */
  summary: string | null;
  open: boolean;
  text: string;
  /** Such as `4,000 of 12,345 characters`; null where the text is whole. */
  cut: string | null;
}

export interface ShownEntry {
  /** As `entry` of the page it is shown alone, with more of its text. */
  cursor: string;
  kind: EntryKind;
  label: string;
  /** Beside the label, such as the model. */
  note: string | null;
  at: string | null;
  /** Of a run's page. */
  run: string | null;
  failed: boolean;
  parts: ShownPart[];
  moreParts: number;
}

const LABELS: Readonly<Record<EntryKind, string>> = {
  mail: 'Mail',
  answer: 'Agent',
  tool_result: 'Result',
  system: 'Instructions',
  summary: 'Summary of what came before',
  run: 'Turn',
  model: 'Model',
  other: 'Note',
  unreadable: 'Not shown',
};

const SUMMARIES: Readonly<Record<Exclude<PartKind, 'text'>, (name: string | null) => string>> = {
  prompt: () => 'All that the model was given',
  thinking: () => 'Thoughts',
  tool_call: (name) => `Calls ${name ?? 'a tool'}`,
  tool_output: (name) => `What ${name ?? 'the tool'} gave`,
  image: () => 'A picture, which is not shown',
};

/**
 * A page of the transcript from `cursor` on, or the last one; with `entry` only the one that is there, with more of its
 * text.
 */
export async function readTranscriptPage(
  ask: Ask,
  { agent, id }: { agent: string; id: string },
  { cursor, entry, end }: { cursor: string | undefined; entry: string | undefined; end: boolean },
): Promise<{ ok: true; entries: ShownEntry[]; next: string | null } | Refusal> {
  const query =
    entry === undefined
      ? { cursor, end: end ? ('true' as const) : undefined }
      : { cursor: entry, limit: '1', whole: 'true' as const };
  const read = await ask(getTranscript, { params: { agent, id }, query });
  if (!read.ok) return read;
  return { ok: true, entries: read.body.data.map(shownEntry), next: read.body.next_cursor };
}

/** An entry in words. */
export function shownEntry(entry: Entry): ShownEntry {
  const { cursor, kind, note, at, failed, parts } = entry;
  const isRun = kind === 'run';
  return {
    cursor,
    kind,
    label: kind === 'tool_result' && note !== null ? `Result of ${note}` : LABELS[kind],
    note: isRun || kind === 'tool_result' ? null : note,
    at,
    run: isRun ? note : null,
    failed,
    parts: parts.map((part) => ({
      summary: summaryOf(kind, part),
      open: failed && part.kind !== 'prompt',
      text: part.text,
      cut:
        part.length === null
          ? null
          : `${countText(part.text.length)} of ${countText(part.length)} characters`,
    })),
    moreParts: entry.more_parts,
  };
}

function summaryOf(entry: EntryKind, { kind, name }: Entry['parts'][number]): string | null {
  if (kind !== 'text') return SUMMARIES[kind](name);
  return entry === 'system' ? 'What the agent is told before any mail' : null;
}
