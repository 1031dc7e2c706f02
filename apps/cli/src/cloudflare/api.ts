/** Cloudflare's API (developers.cloudflare.com/api), as far as an installation is made and removed with it. */
import * as v from 'valibot';

/** An answer. `status` and `code`, the API's own number of the error, are 0 where none came. Messages hold no secret. */
export type ApiOutcome<Result> = { ok: true; result: Result } | ApiRefusal;
export interface ApiRefusal {
  ok: false;
  status: number;
  code: number;
  message: string;
}

export interface CloudflareApi {
  /** One request; the result as the schema has it. Never rejects. */
  call<Result>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    schema: v.GenericSchema<unknown, Result>,
    body?: unknown,
  ): Promise<ApiOutcome<Result>>;
  /** All of a list that comes in pages; `path` has no query. */
  all<Item>(path: string, schema: v.GenericSchema<unknown, Item[]>): Promise<ApiOutcome<Item[]>>;
}

/** Where the API is, and who asks. */
export interface ApiAccess {
  token: string;
  /** Without a slash at its end. */
  baseUrl: string;
  fetch: typeof fetch;
  /** Strikes secrets out of what the API says: it may repeat what it was sent. */
  hide(text: string): string;
  /** How long an answer may take, ms. */
  withinMs?: number;
}

export const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';
const WITHIN_MS = 60_000;
const MOST_PAGES = 200;

/** Pages are as large as each list has them: not all take a size. */
const pages = v.object({ page: v.number(), per_page: v.number(), total_count: v.number() });
const envelope = v.object({
  success: v.boolean(),
  errors: v.nullish(v.array(v.object({ code: v.number(), message: v.string() })), []),
  result: v.optional(v.unknown()),
  result_info: v.optional(v.unknown()),
});

/** Opens it; asks for nothing yet. */
export function cloudflareApi({
  token,
  baseUrl,
  fetch,
  hide,
  withinMs = WITHIN_MS,
}: ApiAccess): CloudflareApi {
  async function request(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ ok: true; answer: v.InferOutput<typeof envelope> } | ApiRefusal> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${baseUrl}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(withinMs),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      return refusal(0, 0, `Cloudflare could not be reached (${hide(reasonOf(error))}).`);
    }
    const { status } = response;
    if (response.ok && text === '') return { ok: true, answer: { success: true, errors: [] } };
    const parsed = v.safeParse(envelope, parsedJson(text));
    if (!parsed.success)
      return refusal(status, 0, `Cloudflare answered ${status}, and not in its usual form.`);
    const { success, errors } = parsed.output;
    if (success) return { ok: true, answer: parsed.output };
    const [first] = errors ?? [];
    const said = (errors ?? []).map(({ code, message }) => `${message} [code: ${code}]`).join(' ');
    return refusal(status, first?.code ?? 0, hide(said) || `Cloudflare answered ${status}.`);
  }

  async function call<Result>(
    method: string,
    path: string,
    schema: v.GenericSchema<unknown, Result>,
    body?: unknown,
  ): Promise<ApiOutcome<Result> & { pages?: unknown }> {
    const asked = await request(method, path, body);
    if (!asked.ok) return asked;
    const checked = v.safeParse(schema, asked.answer.result);
    if (checked.success) return { ok: true, result: checked.output, pages: asked.answer.result_info };
    return refusal(0, 0, `Cloudflare answered ${method} ${path} with something else than was asked for.`);
  }

  return {
    call,
    async all(path, schema) {
      const items = [];
      for (let page = 1; page <= MOST_PAGES; page++) {
        const found = await call('GET', `${path}?page=${page}`, schema);
        if (!found.ok) return found;
        items.push(...found.result);
        const info = v.safeParse(pages, found.pages);
        const isLast = !info.success || info.output.page * info.output.per_page >= info.output.total_count;
        if (isLast || found.result.length === 0) return { ok: true, result: items };
      }
      return refusal(0, 0, `${path} of Cloudflare has more pages than were read.`);
    },
  };
}

function refusal(status: number, code: number, message: string): ApiRefusal {
  return { ok: false, status, code, message };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
