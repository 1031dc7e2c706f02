/** Errors for people: a browser gets a page of this app where a program gets problem details. */

/** Paths of programs, which read problem details whatever they accept. */
const FOR_PROGRAMS = /^\/(?:api|health|webhooks|metrics)(?:\/|$)/;

/** Whether whoever asks wants to read a page: a browser that opens an address says so in Accept. */
export function wantsPage(request: Request): boolean {
  if (FOR_PROGRAMS.test(new URL(request.url).pathname)) return false;
  return /\btext\/html\b/i.test(request.headers.get('accept') ?? '');
}

/** The request for the page of an error, in place of one whose body may be used up. */
export function errorPageRequest(request: Request, status: 404 | 500): Request {
  return new Request(new URL(`/${status}`, request.url), { headers: request.headers });
}
