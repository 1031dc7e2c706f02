/** Errors for people: a browser gets a page of this app where a program gets problem details. */

/** Paths of programs, which get problem details whatever their Accept says. */
const FOR_PROGRAMS = /^\/(?:api|health|webhooks|metrics)(?:\/|$)/;

/** Whether a request is for a route that programs use. */
export function isForPrograms(request: Request): boolean {
  return FOR_PROGRAMS.test(new URL(request.url).pathname);
}

/** Whether the client is a browser that opens a page, which its Accept says. */
export function wantsPage(request: Request): boolean {
  if (isForPrograms(request)) return false;
  return /\btext\/html\b/i.test(request.headers.get('accept') ?? '');
}

/** Whether a request is for an error page, which must work whatever else is broken. */
export function isErrorPage(request: Request): boolean {
  return /^\/(?:400|401|403|404|500)$/.test(new URL(request.url).pathname);
}

/** The request for an error page, made anew since the body of the first may be used up. */
export function errorPageRequest(request: Request, status: 400 | 401 | 403 | 404 | 500): Request {
  return new Request(new URL(`/${status}`, request.url), { headers: request.headers });
}
