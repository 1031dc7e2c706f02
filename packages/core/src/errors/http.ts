import type { ErrorDescription } from './describe.ts';

/** A refusal over HTTP: its status code (RFC 9110 section 15) beside the words. */
interface HttpErrorDescription extends ErrorDescription {
  status: number;
}

/** Why a request over HTTP is refused. */
export const httpErrors = {
  invalid_request: {
    status: 400,
    sentence: 'The request can not be understood.',
    nextStep: 'Mend what is named; openapi.yaml describes every request.',
  },
  not_signed_in: {
    status: 401,
    sentence: 'The request says nothing of who makes it.',
    nextStep: 'Send Authorization: Bearer TOKEN with a token of yours, or sign in.',
  },
  token_invalid: {
    status: 401,
    sentence: 'The token is not known, was revoked, or has expired.',
    nextStep: 'Make a new one: tinyfat token create --owner ADDR',
  },
  foreign_origin: {
    status: 403,
    sentence: 'The request was not made by a page of this server.',
    nextStep:
      'Open the page under the address in PUBLIC_URL and try again; operators: PUBLIC_URL must be the address that people use.',
  },
  sign_in_code_wrong: {
    status: 403,
    sentence: 'The code is wrong.',
    nextStep: 'Look for the newest mail, and enter its six digits on the page that asked for them.',
  },
  scope_missing: {
    status: 403,
    sentence: 'The token may not do that.',
    nextStep: 'Make one with the scope that is named: tinyfat token create --owner ADDR --scope SCOPE',
  },
  not_permitted: {
    status: 403,
    sentence: 'On this server only its operators may do that.',
    nextStep: 'Ask whoever runs it; operators: ADMIN_EMAILS says who is one.',
  },
  not_found: {
    status: 404,
    sentence: 'There is nothing of that name, or it belongs to somebody else.',
    nextStep: 'Check the name or the id; listings show what there is.',
  },
  method_not_allowed: {
    status: 405,
    sentence: 'That can not be done with this address.',
    nextStep: 'Use one of the methods that the header Allow names; openapi.yaml describes every request.',
  },
  request_incomplete: {
    status: 408,
    sentence: 'The request did not come to its end in time.',
    nextStep: 'Send it again; over a slow line send less at once.',
  },
  conflict: {
    status: 409,
    sentence: 'It is in a state in which that can not be done.',
    nextStep: 'Look at it again: somebody else may have done it already.',
  },
  approval_void: {
    status: 409,
    sentence: 'The mail is not the one that was read and approved: it changed meanwhile.',
    nextStep: 'Read the mail as it is now, then decide about it.',
  },
  id_ambiguous: {
    status: 409,
    sentence: 'More than one id begins like this.',
    nextStep: 'Write more of the id; --json and the API show it whole.',
  },
  sign_in_over: {
    status: 410,
    sentence: 'This way to sign in was used, is too old, or was replaced by a newer one.',
    nextStep: 'Ask for a new mail, and use it within ten minutes.',
  },
  precondition_failed: {
    status: 412,
    sentence: 'It was changed since you read it, so nothing was written.',
    nextStep: 'Read it again, and put your change into what it is now.',
  },
  body_too_large: {
    status: 413,
    sentence: 'The request is larger than it may be.',
    nextStep: 'Send less at once; the limit is named.',
  },
  unsupported_media_type: {
    status: 415,
    sentence: 'The body is of a kind that is not taken here.',
    nextStep: 'Send the content-type that is named; openapi.yaml describes every request.',
  },
  precondition_required: {
    status: 428,
    sentence: 'It is not said which version is to be replaced.',
    nextStep: 'Send If-Match with the ETag that you got when you read it, or If-None-Match: * to make it.',
  },
  too_many_requests: {
    status: 429,
    sentence: 'There were too many requests.',
    nextStep: 'Wait for the time that is named, then try again.',
  },
  headers_too_large: {
    status: 431,
    sentence: 'Address and headers of the request are longer than they may be together.',
    nextStep: 'Send at most 16 kB of them; in a browser, remove the cookies of this site.',
  },
  server_fault: {
    status: 500,
    sentence: 'Something went wrong inside the platform.',
    nextStep: 'Try again; operators: the log names the request and the cause.',
  },
  server_busy: {
    status: 503,
    sentence: 'The server has as many requests in work as it holds in memory.',
    nextStep: 'Wait for the time that is named, then try again.',
  },
} as const satisfies Record<string, HttpErrorDescription>;

/** A code of the list that is an answer over HTTP. */
export type HttpCode = keyof typeof httpErrors;
