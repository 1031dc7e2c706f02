import * as v from 'valibot';

/** An answer of the Messages API with an error status (https://docs.anthropic.com/en/api/errors). */
export interface ProviderError {
  status: number;
  /** The `type` of the error in its body; empty where the body has none. */
  type: string;
  /** The provider's words; never shown to anybody. Empty where the body has none. */
  message: string;
}

const bodySchema = v.object({
  type: v.literal('error'),
  error: v.object({ type: v.string(), message: v.optional(v.string(), '') }),
});

/** An error's JSON is short; what is longer is some page of a proxy. */
const longestBody = 100_000;

function readBody(text: string): v.InferOutput<typeof bodySchema>['error'] | null {
  if (text.length > longestBody) return null;
  try {
    const parsed = v.safeParse(bodySchema, JSON.parse(text));
    return parsed.success ? parsed.output.error : null;
  } catch {
    return null;
  }
}

/** Reads the body of an answer with an error status; a body of another kind counts by its status alone. */
export function readProviderError(status: number, body: string): ProviderError {
  return { status, type: '', message: '', ...readBody(body) };
}

/** The type of the error in the data of an `error` event; null where the text is none. */
export function readErrorEvent(data: string): string | null {
  return readBody(data)?.type ?? null;
}
