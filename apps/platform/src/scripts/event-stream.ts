/**
 * One stream of server-sent events that lives as long as its page does: through a sleep of the laptop, a restart of the
 * server, and a server that has too many streams. A page that nobody sees gives its connection back: a browser has six for a
 * server that speaks HTTP/1.1, which as many pages in the background would keep from the next one. It goes on after the last event that was seen, by the query `after`, since
 * a stream that is opened anew can not have the header that the browser sends when it reconnects by itself.
 */

/** What comes on the stream. */
export interface StreamEvent {
  /** `message` where the server named none. */
  name: string;
  /** The id of the event; empty where it has none. */
  id: string;
  /** Its data as JSON; null where it is none. */
  data: unknown;
}

/** `live`: what happens is seen. `waiting`: tried again soon. `refused`: it is not tried again, such as after a sign-out. */
export type StreamState = 'live' | 'waiting' | 'refused';

export interface StreamOptions {
  /** Of this server, without a query. */
  path: string;
  /** The id of the last event that the page shows already. */
  after: string;
  /** Names of the events that are heard beside those without one. */
  names: readonly string[];
  onEvent(event: StreamEvent): void;
  onState(state: StreamState): void;
}

/** What of the browser is used. */
export interface StreamDeps {
  open(url: string): EventSource;
  /** The status that the server answers with. */
  statusOf(path: string): Promise<number>;
  /** Epoch ms. */
  clock(): number;
  /** The page is in the background. */
  isHidden(): boolean;
}

const BROWSER: StreamDeps = {
  open: (url) => new EventSource(url),
  statusOf: async (path) => (await fetch(path, { method: 'HEAD' })).status,
  clock: Date.now,
  isHidden: () => document.hidden,
};

/** Waits between tries, ms: the first one, and the longest. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** How often it is looked whether the stream still lives. */
const LOOK_MS = 5000;
/** The server speaks every 15 s: after so long without a word the connection is a dead one. */
const SILENT_MS = 40_000;
/** A look that comes so late shows that the machine has slept. */
const SLEPT_MS = 15_000;
/** A page in the background keeps its stream for so long. */
const HIDDEN_MS = 30_000;
/** Answers that another try does not change. */
const FINAL = [400, 401, 403, 404, 409, 410];

/** Opens it; it ends when the function is called, and never by itself unless it is refused. */
export function followStream(options: StreamOptions, deps: StreamDeps = BROWSER): () => void {
  const { path, names, onEvent, onState } = options;
  let { after } = options;
  let source: EventSource | null = null;
  let heardAt = deps.clock();
  let lookedAt = heardAt;
  let waitMs = FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let isResting = false;
  let isOver = false;

  const end = () => {
    isOver = true;
    source?.close();
    clearTimeout(timer);
    clearTimeout(hiding);
    clearInterval(watch);
    removeEventListener('online', reopen);
    removeEventListener('visibilitychange', seenOrNot);
  };

  const tryLater = () => {
    onState('waiting');
    clearTimeout(timer);
    timer = setTimeout(open, waitMs);
    waitMs = Math.min(2 * waitMs, LONGEST_MS);
  };

  /** The browser does not say what the server answered. */
  const afterRefusal = async () => {
    const status = await deps.statusOf(path).catch(() => 0);
    if (isOver || isResting) return;
    if (!FINAL.includes(status)) return tryLater();
    end();
    onState('refused');
  };

  const heard = ({ type, lastEventId, data }: MessageEvent<unknown>) => {
    heardAt = deps.clock();
    waitMs = FIRST_MS;
    if (lastEventId !== '') after = lastEventId;
    onEvent({ name: type, id: lastEventId, data: parsed(data) });
  };

  function open(): void {
    source?.close();
    const query = after === '' ? '' : `?after=${encodeURIComponent(after)}`;
    const opened = deps.open(`${path}${query}`);
    source = opened;
    heardAt = deps.clock();
    opened.onopen = () => {
      heardAt = deps.clock();
      onState('live');
    };
    opened.onerror = () => {
      if (isOver || opened !== source) return;
      // Reconnecting by itself, as after a network error; given up, as after any answer but 200.
      if (opened.readyState !== 2) return onState('waiting');
      opened.close();
      void afterRefusal();
    };
    for (const name of ['message', 'alive', ...names]) {
      opened.addEventListener(name, (event) => {
        if (opened === source && event instanceof MessageEvent) heard(event);
      });
    }
  }

  function reopen(): void {
    if (isResting) return;
    waitMs = FIRST_MS;
    clearTimeout(timer);
    open();
  }

  function rest(): void {
    isResting = true;
    source?.close();
    source = null;
    clearTimeout(timer);
    onState('waiting');
  }

  function seenOrNot(): void {
    clearTimeout(hiding);
    if (deps.isHidden()) hiding = setTimeout(rest, HIDDEN_MS);
    else if (isResting) {
      isResting = false;
      reopen();
    }
  }

  const watch = setInterval(() => {
    const now = deps.clock();
    const slept = now - lookedAt > LOOK_MS + SLEPT_MS;
    lookedAt = now;
    if (slept || now - heardAt > SILENT_MS) reopen();
  }, LOOK_MS);
  addEventListener('online', reopen);
  addEventListener('visibilitychange', seenOrNot);
  open();
  return end;
}

function parsed(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : null;
  } catch {
    return null;
  }
}
