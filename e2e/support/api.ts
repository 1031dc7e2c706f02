/** The JSON API of a running server, as a client with a token sees it. */
import type { Tinyfat } from './tinyfat.ts';

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  json: any;
  text: string;
}

export interface ApiClient {
  url: string;
  token: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer>;
}

/** Makes a token on the command line, and a client that sends it. */
export async function apiClient(
  server: Pick<Tinyfat, 'cli'> & { host: string },
  owner: string,
  ...scopes: string[]
): Promise<ApiClient> {
  const words = ['token', 'create', '--owner', owner, ...scopes.flatMap((scope) => ['--scope', scope])];
  const made = await server.cli(words);
  if (made.code !== 0) throw new Error(made.stderr);
  const token = made.stdout.trim();
  const url = `http://${server.host.includes(':') ? server.host : `${server.host}:8025`}/api/v1`;
  const call: ApiClient['call'] = async (method, path, body, headers = {}) => {
    const init: RequestInit = { method, headers: { authorization: `Bearer ${token}`, ...headers } };
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      const type = typeof body === 'string' ? 'text/markdown' : 'application/json';
      init.headers = { 'content-type': type, ...init.headers };
    }
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    const isJson = /^application\/(problem\+)?json\b/.test(answer.headers.get('content-type') ?? '');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  };
  return { url, token, call, get: (path) => call('GET', path) };
}
