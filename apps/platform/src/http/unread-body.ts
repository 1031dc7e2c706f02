/** How long the body of a request may take, and the refusal where it was not read. */
import type { BodyRead } from '@tinyfat/core';

/** Ms for all of it, less than the server gives the whole request; and ms in which nothing of it comes. */
export const BODY_TIMES = { readMs: 110_000, idleMs: 15_000 };

/** Why a body was not read. */
type Why = Exclude<BodyRead, { ok: true }>['why'];
type BodyCode = 'body_too_large' | 'server_busy' | 'request_incomplete';

/** The code of the refusal. A client that hung up reads no answer. */
export function bodyCode(why: Why): BodyCode {
  switch (why) {
    case 'too_large':
      return 'body_too_large';
    case 'busy':
      return 'server_busy';
    case 'late':
    case 'broken':
      return 'request_incomplete';
  }
}

/** Headers of that refusal. */
export function bodyHeaders(code: BodyCode): Readonly<Record<string, string>> {
  switch (code) {
    case 'server_busy':
      return { 'retry-after': '5' };
    case 'request_incomplete':
      // The rest of the body may still come, and must not be taken for the next request.
      return { connection: 'close' };
    case 'body_too_large':
      return {};
  }
}
