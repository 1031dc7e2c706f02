/** A browser without pictures: forms with an Origin, cookies kept, redirects not followed. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Visited>;
  /** Sends a form as a page of the installation would. */
  post(path: string, form: Record<string, string> | FormData): Promise<Visited>;
  /** Opens a stream of events. */
  stream(path: string): Promise<Stream>;
}

interface Stream {
  /** All that has come, once these words have; fails where it ends without them. */
  until(words: string): Promise<string>;
  /** Whether nothing more comes, once that is known. */
  isOver(): Promise<boolean>;
  leave(): Promise<void>;
}

interface Visited {
  status: number;
  headers: Headers;
  location: string | null;
  bytes: Uint8Array;
  text: string;
}

/** Of an installation that answers at `url`, and is reached under `publicUrl` as its pages see it. */
export function visitor({ url, publicUrl }: { url: string; publicUrl: string }): Visitor {
  const jar = new Map<string, string>();
  const ask = async (path: string, { headers, ...init }: RequestInit): Promise<Visited> => {
    const answer = await fetch(`${url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { accept: 'text/html', cookie: cookieHeader(jar), ...headers },
    });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const bytes = await answer.bytes();
    return {
      status: answer.status,
      headers: answer.headers,
      location: answer.headers.get('location'),
      bytes,
      text: new TextDecoder().decode(bytes),
    };
  };
  return {
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, form) =>
      ask(path, {
        method: 'POST',
        headers: { origin: publicUrl },
        body: form instanceof FormData ? form : new URLSearchParams(form),
      }),
    async stream(path) {
      const headers = { accept: 'text/event-stream', cookie: cookieHeader(jar) };
      const answer = await fetch(`${url}${path}`, { headers });
      if (answer.body === null) throw new Error(`${answer.status} without a stream`);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        async until(words) {
          while (!text.includes(words)) {
            const next = await reader.read();
            if (next.done) throw new Error(`it ended: ${text}`);
            text += next.value;
          }
          return text;
        },
        isOver: async () => (await reader.read()).done,
        leave: () => reader.cancel(),
      };
    },
  };
}

function cookieHeader(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}
