/** Cloudflare's API (developers.cloudflare.com/api), as far as an installation is made and removed with it. */
import * as v from 'valibot';

/** An answer; `code` is the API's own number of the error, 0 where no answer came. Messages hold no secret. */
export type ApiOutcome<Result> =
  | { ok: true; result: Result }
  | { ok: false; status: number; code: number; message: string };

export interface CloudflareApi {
  /** One request; the result as the schema has it. Never rejects. */
  call<Result>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    schema: v.GenericSchema<unknown, Result>,
    body?: unknown,
  ): Promise<ApiOutcome<Result>>;
  /** All of a list that comes in pages. */
  all<Item>(path: string, schema: v.GenericSchema<unknown, Item[]>): Promise<ApiOutcome<Item[]>>;
}

/** Where the API is, and who asks. */
export interface ApiAccess {
  token: string;
  /** Without a slash at its end. */
  baseUrl: string;
  fetch: typeof fetch;
}

export const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4';
const WITHIN_MS = 60_000;
const MOST_PAGES = 50;
const PER_PAGE = 100;

const envelope = v.object({
  success: v.boolean(),
  errors: v.optional(v.array(v.object({ code: v.number(), message: v.string() })), []),
  result: v.unknown(),
});

/** Opens it; asks for nothing yet. */
export function cloudflareApi({ token, baseUrl, fetch }: ApiAccess): CloudflareApi {
  const call: CloudflareApi['call'] = async (method, path, schema, body) => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${baseUrl}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(WITHIN_MS),
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      return {
        ok: false,
        status: 0,
        code: 0,
        message: `Cloudflare could not be reached (${reasonOf(error)}).`,
      };
    }
    const { status } = response;
    const parsed = v.safeParse(envelope, parsedJson(text));
    if (!parsed.success)
      return {
        ok: false,
        status,
        code: 0,
        message: `Cloudflare answered ${status}, and not in its usual form.`,
      };
    const { success, errors, result } = parsed.output;
    if (!success) {
      const message = errors.map((one) => one.message).join(' ') || `Cloudflare answered ${status}.`;
      return { ok: false, status, code: errors[0]?.code ?? 0, message: message.replaceAll(token, '…') };
    }
    const checked = v.safeParse(schema, result);
    if (!checked.success)
      return {
        ok: false,
        status,
        code: 0,
        message: 'Cloudflare answered with something else than was asked for.',
      };
    return { ok: true, result: checked.output };
  };
  return {
    call,
    async all(path, schema) {
      const items = [];
      for (let page = 1; page <= MOST_PAGES; page++) {
        const found = await call('GET', `${path}?page=${page}&per_page=${PER_PAGE}`, schema);
        if (!found.ok) return found;
        items.push(...found.result);
        if (found.result.length < PER_PAGE) break;
      }
      return { ok: true, result: items };
    },
  };
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
