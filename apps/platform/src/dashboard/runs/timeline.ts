/**
 * What happened in a run, as steps in its attempts, built from its events one after the other: by the server for a page,
 * and in the browser while the run goes on. The agent could have written the events: every value is looked at, and all of it
 * is text.
 */

/** An event as the API gives it. */
export interface RunEvent {
  /** Counts up within the run. */
  seq: number;
  attempt: number;
  event: Readonly<Record<string, unknown>>;
}

/** Tokens of one answer of the model. */
export interface StepTokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** One thing that the run did. Times in epoch ms; null where they are not known. */
export interface Step {
  /** The number of its first event. */
  key: number;
  kind: 'model' | 'tool' | 'note' | 'error';
  /** The name of the tool, or a few words. */
  title: string;
  began: number | null;
  /** Null while it goes on. */
  ended: number | null;
  failed: boolean;
  /** What a tool was called with, as it is shown; empty where there is nothing. */
  input: string;
  /** What the model wrote, a tool gave, or what is to be said. */
  text: string;
  /** How long the text was, characters, where only its beginning is on record. */
  fullLength: number | null;
  tokens: StepTokens | null;
}

export interface Attempt {
  number: number;
  began: number | null;
  ended: number | null;
  model: string | null;
  steps: Step[];
}

export interface Timeline {
  attempts: Attempt[];
  /** Number of the last event. */
  last: number;
  /** What the model's context held at its last answer, tokens; null before one. */
  contextTokens: number | null;
}

/** One that grows. */
export interface Building extends Timeline {
  /** Tools that have given nothing yet, by the id of the call. */
  calls: Map<string, Step>;
  /** The answer that the model writes, or whose text is still to come. */
  answer: Step | null;
  /** When the last thing ended: the model works from then on. */
  idleSince: number | null;
}

/** What step-mom writes is far shorter; an agent can write more, which would make a page of a megabyte. Characters. */
const MOST_TEXT = 20_000;
const MOST_TITLE = 100;

/** One to which `addEvent` adds. */
export function openTimeline(): Building {
  return { attempts: [], last: 0, contextTokens: null, calls: new Map(), answer: null, idleSince: null };
}

/** The steps of these events. */
export function timelineOf(events: readonly RunEvent[]): Timeline {
  const timeline = openTimeline();
  for (const event of events) addEvent(timeline, event);
  return timeline;
}

/** Adds an event; one that is there already changes nothing. */
export function addEvent(timeline: Building, { seq, attempt: number, event }: RunEvent): void {
  if (seq <= timeline.last) return;
  timeline.last = seq;
  const attempt = attemptOf(timeline, number, event);
  const at = timeOf(event);
  const step = (kind: Step['kind'], title: string, more: Partial<Step> = {}): Step => {
    const made = { ...EMPTY, key: seq, kind, title, began: at, ended: at, ...more };
    attempt.steps.push(made);
    return made;
  };
  switch (event.type) {
    case 'start':
      attempt.began = at;
      attempt.ended = null;
      attempt.model = string(event.model).slice(0, MOST_TITLE) || null;
      timeline.idleSince = at;
      return;
    case 'text_part': {
      const began = timeline.idleSince ?? at;
      timeline.answer ??= step('model', 'Model', { began, ended: null });
      timeline.answer.text = (timeline.answer.text + string(event.content)).slice(0, MOST_TEXT);
      return;
    }
    case 'usage': {
      const began = timeline.idleSince ?? at;
      timeline.answer ??= step('model', 'Model', { began });
      timeline.answer.ended = at;
      timeline.answer.tokens = tokensOf(event.usage);
      timeline.contextTokens = contextOf(timeline.answer.tokens) ?? timeline.contextTokens;
      timeline.idleSince = at;
      return;
    }
    case 'text': {
      const began = timeline.idleSince ?? at;
      timeline.answer ??= step('model', 'Model', { began });
      Object.assign(timeline.answer, {
        ...textOf(event.content, event.full_length),
        ended: timeline.answer.ended ?? at,
      });
      timeline.answer = null;
      timeline.idleSince = at;
      return;
    }
    case 'tool_call': {
      timeline.answer = null;
      const title = nameOf(event);
      const call = step('tool', title, { input: argumentsText(event.args), ended: null });
      timeline.calls.set(string(event.id), call);
      return;
    }
    case 'tool_result': {
      const id = string(event.id);
      const call = timeline.calls.get(id) ?? step('tool', nameOf(event));
      timeline.calls.delete(id);
      Object.assign(call, {
        ...textOf(event.output, event.full_length),
        failed: event.is_error === true,
        ended: at,
      });
      timeline.idleSince = at;
      return;
    }
    case 'connection_refused':
      step('note', 'Connection refused', {
        failed: true,
        ...textOf([hostText(event), string(event.reason)].filter((part) => part !== '').join('\n')),
      });
      return;
    case 'warning':
      step('note', 'Warning', textOf(event.message));
      return;
    case 'error':
      step('error', 'The attempt failed', {
        failed: true,
        ...textOf(string(event.message) || event.code),
      });
      return;
    case 'end':
      endAttempt(timeline, attempt, at);
      return;
    default:
      step('note', 'Something that is not known here', { text: JSON.stringify(event).slice(0, 4000) });
  }
}

const EMPTY = { failed: false, input: '', text: '', fullLength: null, tokens: null } as const;

/** An attempt that was cut off has no end of its own: it ended by the time that the next one began. */
function attemptOf(timeline: Building, number: number, event: RunEvent['event']): Attempt {
  const current = timeline.attempts.at(-1);
  if (current && current.number === number && (event.type !== 'start' || current.steps.length === 0)) {
    return current;
  }
  if (current) endAttempt(timeline, current, current.ended);
  const attempt: Attempt = { number, began: timeOf(event), ended: null, model: null, steps: [] };
  timeline.attempts.push(attempt);
  return attempt;
}

function endAttempt(timeline: Building, attempt: Attempt, at: number | null): void {
  attempt.ended = at ?? attempt.steps.findLast(({ ended }) => ended !== null)?.ended ?? attempt.began;
  for (const step of attempt.steps) step.ended ??= attempt.ended;
  timeline.calls.clear();
  timeline.answer = null;
  timeline.idleSince = null;
}

/** Since when the model is at work on something of which nothing is seen yet, epoch ms; null while it is not. */
export function modelWorksSince({ attempts, calls, answer, idleSince }: Building): number | null {
  const current = attempts.at(-1);
  return !current || current.ended !== null || calls.size > 0 || answer !== null ? null : idleSince;
}

/** The step that is read first: the one that failed last, else the last one; undefined where there is none. */
export function stepToRead({ attempts }: Timeline, failed: boolean): Step | undefined {
  const steps = attempts.flatMap((attempt) => attempt.steps);
  const wrong = failed ? steps.findLast((step) => step.failed) : undefined;
  return wrong ?? steps.at(-1);
}

/** One of the steps by its key. */
export function stepOf({ attempts }: Timeline, key: number): Step | undefined {
  return attempts.flatMap((attempt) => attempt.steps).find((step) => step.key === key);
}

function timeOf({ timestamp }: RunEvent['event']): number | null {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isFinite(at) ? at : null;
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text with its full length, where that is more than is here. */
function textOf(value: unknown, fullLength?: unknown): Pick<Step, 'text' | 'fullLength'> {
  const whole = string(value);
  const cut = whole.length > MOST_TEXT;
  return {
    text: cut ? whole.slice(0, MOST_TEXT).toWellFormed() : whole,
    fullLength: length(fullLength) ?? (cut ? whole.length : null),
  };
}

function nameOf({ name }: RunEvent['event']): string {
  return string(name).slice(0, MOST_TITLE).toWellFormed() || 'tool';
}

function length(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function tokensOf(value: unknown): StepTokens | null {
  if (typeof value !== 'object' || value === null) return null;
  const count = (name: string): number => {
    const found: unknown = Reflect.get(value, name);
    return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : 0;
  };
  return {
    input: count('input'),
    output: count('output'),
    cacheRead: count('cacheRead'),
    cacheWrite: count('cacheWrite'),
  };
}

function contextOf(tokens: StepTokens | null): number | null {
  return tokens && tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
}

/** A command as it is; other arguments as JSON. */
function argumentsText(args: unknown): string {
  if (args === undefined || args === null) return '';
  const command: unknown = typeof args === 'object' ? Reflect.get(args, 'command') : args;
  return textOf(typeof command === 'string' ? command : JSON.stringify(args, null, 2)).text;
}

function hostText({ host, port }: RunEvent['event']): string {
  const name = string(host);
  return typeof port === 'number' ? `${name}:${port}` : name;
}
