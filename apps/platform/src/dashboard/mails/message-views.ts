/** The views of a message, each under its own address: as a page, as text, its headers, its parts, its source. */
import type * as v from 'valibot';
import type { Outcome, Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import {
  getDeliverySource,
  getMailSource,
  type messageSource,
  type messageView,
  viewDelivery,
  viewMail,
} from '../../api/routes/mail-views.ts';
import { bytesText } from '../../view/numbers.ts';

export const VIEWS = ['rendered', 'text', 'headers', 'parts', 'source'] as const;
export type View = (typeof VIEWS)[number];

const LABELS: Readonly<Record<View, string>> = {
  rendered: 'Mail',
  text: 'Text',
  headers: 'Headers',
  parts: 'Parts',
  source: 'Source',
};

/** Bytes of text and characters of headers on one page. */
const MOST_TEXT = 50_000;
const MOST_HEADERS = 30_000;

export interface PartRow {
  depth: number;
  type: string;
  name: string | null;
  size: string | null;
  /** Of the download; null for what holds other parts. */
  href: string | null;
}

/** What the tab in view shows. */
export type ShownView =
  | { view: 'rendered'; src: string }
  | { view: 'text'; text: string; cut: boolean }
  | { view: 'headers'; headers: { name: string; value: string }[]; cut: boolean }
  | { view: 'parts'; parts: PartRow[]; cut: boolean }
  | { view: 'source'; text: string; place: string; before: string | null; next: string | null }
  | { view: 'refused'; refusal: Refusal };

/** What kind of message it is: its routes, and where its pages are. */
export interface MessageKind {
  view(ask: Ask, id: string): Promise<Outcome<v.InferOutput<typeof messageView>>>;
  source(ask: Ask, id: string, offset: string): Promise<Outcome<v.InferOutput<typeof messageSource>>>;
  path: '/mails' | '/outbox';
}

/** A mail that came. */
export const INBOUND: MessageKind = {
  view: (ask, id) => ask(viewMail, { params: { id } }),
  source: (ask, id, offset) => ask(getMailSource, { params: { id }, query: { offset } }),
  path: '/mails',
};

/** A mail that leaves. */
export const OUTGOING: MessageKind = {
  view: (ask, id) => ask(viewDelivery, { params: { id } }),
  source: (ask, id, offset) => ask(getDeliverySource, { params: { id }, query: { offset } }),
  path: '/outbox',
};

/** The tabs over the views of the message, `pathname` being that of the page. */
export function viewTabs(search: URLSearchParams, pathname: string) {
  const current = viewOf(search);
  return VIEWS.map((view) => ({
    href: view === 'rendered' ? pathname : `${pathname}?view=${view}`,
    label: LABELS[view],
    current: view === current,
  }));
}

function viewOf(search: URLSearchParams): View {
  return VIEWS.find((view) => view === search.get('view')) ?? 'rendered';
}

/** Reads what the view of a URL shows. `id` is the whole id of the message. */
export async function readView(
  ask: Ask,
  kind: MessageKind,
  id: string,
  search: URLSearchParams,
): Promise<ShownView> {
  const view = viewOf(search);
  if (view === 'rendered') return { view, src: `${kind.path}/${id}/view` };
  if (view === 'source') return await readSourceView(ask, kind, id, search.get('offset') ?? '0');
  const seen = await kind.view(ask, id);
  if (!seen.ok) return { view: 'refused', refusal: seen };
  const { text, headers, parts } = seen.body;
  switch (view) {
    case 'text': {
      const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MOST_TEXT));
      return { view, text: text.slice(0, read), cut: seen.body.text_cut || read < text.length };
    }
    case 'headers': {
      const shown = upTo(headers, MOST_HEADERS);
      return { view, headers: shown, cut: seen.body.headers_cut || shown.length < headers.length };
    }
    case 'parts':
      return {
        view,
        parts: parts.map((part) => partRow(part, `${kind.path}/${id}`)),
        cut: seen.body.parts_cut,
      };
  }
}

async function readSourceView(ask: Ask, kind: MessageKind, id: string, offset: string): Promise<ShownView> {
  const seen = await kind.source(ask, id, offset);
  if (!seen.ok) return { view: 'refused', refusal: seen };
  const { text, bytes, offset: from, next_offset: next } = seen.body;
  const page = (at: number) => `?view=source&offset=${at}`;
  return {
    view: 'source',
    text,
    place:
      from === 0 && next === null
        ? bytesText(bytes)
        : `${bytesText(from)} to ${bytesText(next ?? bytes)} of ${bytesText(bytes)}`,
    before: from === 0 ? null : '?view=source',
    next: next === null ? null : page(next),
  };
}

function partRow(
  { number, depth, type, filename, bytes }: v.InferOutput<typeof messageView>['parts'][number],
  path: string,
): PartRow {
  return {
    depth: Math.min(depth, 8),
    type: type === '' ? 'of no kind' : type,
    name: filename,
    size: bytes === null ? null : bytesText(bytes),
    href: number === null ? null : `${path}/parts/${number}`,
  };
}

/** The first of these, of so many characters together. */
function upTo(headers: readonly { name: string; value: string }[], most: number) {
  let room = most;
  return headers.filter(({ name, value }) => {
    room -= name.length + value.length;
    return room >= 0;
  });
}
