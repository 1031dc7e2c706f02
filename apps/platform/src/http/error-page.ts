/** Errors for people: a browser gets a page of this app where a program gets problem details. */

/** Paths of programs, which read problem details whatever they accept. */
const FOR_PROGRAMS = /^\/(?:api|health|webhooks|metrics)(?:\/|$)/;

/** Whether a request is for a route that programs use. */
export function isForPrograms(request: Request): boolean {
  return FOR_PROGRAMS.test(new URL(request.url).pathname);
}

/** Whether whoever asks wants to read a page: a browser that opens an address says so in Accept. */
export function wantsPage(request: Request): boolean {
  if (isForPrograms(request)) return false;
  return /\btext\/html\b/i.test(request.headers.get('accept') ?? '');
}

/** Whether a request is for the page of an error, which must be shown whatever else is broken. */
export function isErrorPage(request: Request): boolean {
  return /^\/(?:403|404|500)$/.test(new URL(request.url).pathname);
}

/** The request for the page of an error, in place of one whose body may be used up. */
export function errorPageRequest(request: Request, status: 403 | 404 | 500): Request {
  return new Request(new URL(`/${status}`, request.url), { headers: request.headers });
}
