/**
 * Methods and paths that no route could answer, or that two programs could read differently, are refused before any route
 * sees them (RFC 9110 section 9); and what a route's answer must become before it is sent.
 */
import { problem } from './problem.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** The answer to a method that no address of this server has. */
export function methodNotAllowed(): Response {
  return problem('method_not_allowed', undefined, { allow: METHODS.join(', ') });
}

/** Whether some address may have a method of that name. */
export function isKnownMethod(method: string): boolean {
  return METHODS.includes(method);
}

/** Whether a path, which may have a query behind it, can be decoded, and has no NUL in it. */
export function isReadablePath(path: string): boolean {
  try {
    return !decodeURIComponent(path.split(/[?#]/)[0] ?? '').includes('\0');
  } catch {
    return false;
  }
}

/** The answer to a path that can't be read. */
export function unreadablePath(): Response {
  return problem(
    'invalid_request',
    'The address that is asked for is not one: its path or its %-codes are wrong.',
  );
}

/** What is sent of what the pages gave: problem details where they gave nothing, or nothing but a status. */
export function completed(given: Response | null): Response {
  if (given === null) return problem('not_found');
  // Astro says no more than the status to a path that it can't decode.
  return given.status === 400 && given.body === null ? problem('invalid_request') : given;
}
