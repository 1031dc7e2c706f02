/** The barrier around all that answers a request: nobody is above a listener to catch what it throws. */
import type { RequestListener, ServerResponse } from 'node:http';
import { faultBarrier } from '@tinyfat/core';
import type { Backend } from '../backend/contract.ts';
import { withSecurityHeaders } from '../http/security-headers.ts';

/**
 * A request listener that never throws. A fault, or a promise that is rejected, is reported and answered with 500; where
 * an answer has begun, it is cut. A connection that breaks is no fault.
 */
export function guardedListener(
  listener: (...words: Parameters<RequestListener>) => unknown,
  { publicUrl, reportFault }: Pick<Backend, 'publicUrl' | 'reportFault'>,
): RequestListener {
  return (request, response) => {
    // A cut connection is an everyday event on both streams; without a listener it would end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    const guard = faultBarrier((fault) => {
      reportFault(fault, 'listener');
      answerFault(response, publicUrl);
    });
    guard(listener)(request, response);
  };
}

function answerFault(response: ServerResponse, publicUrl: URL): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers } = withSecurityHeaders(new Response(null, { status: 500 }), publicUrl);
  response.shouldKeepAlive = false;
  response.writeHead(status, Object.fromEntries(headers));
  response.end();
}
