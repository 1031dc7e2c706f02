import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type HeaderFields, llmRequestHeaders } from '../headers.ts';

/** Where a request of the sandbox goes: all of it the operator's choice. */
export interface UpstreamTarget {
  /** Its path has no slash at the end. */
  baseUrl: URL;
  apiKey: string;
  /** Path below the base URL, with its query. */
  path: string;
}

/** Begins the request to the LLM, headers only; `agent: false` takes a connection of its own. */
export function startUpstreamRequest(
  incoming: IncomingMessage,
  target: UpstreamTarget,
  agent: Agent | false,
): ClientRequest {
  const { baseUrl } = target;
  const start = baseUrl.protocol === 'https:' ? https.request : http.request;
  const request = start({
    agent,
    protocol: baseUrl.protocol,
    hostname: baseUrl.hostname.replace(/^\[|\]$/g, ''),
    port: baseUrl.port === '' ? undefined : baseUrl.port,
    method: 'POST',
    path: `${baseUrl.pathname.replace(/\/+$/, '')}${target.path}`,
    headers: upstreamHeaders(incoming, target),
  });
  request.setNoDelay(true);
  return request;
}

function upstreamHeaders(incoming: IncomingMessage, target: UpstreamTarget): HeaderFields {
  const length = incoming.headers['content-length'];
  return {
    ...llmRequestHeaders(incoming.headers),
    host: target.baseUrl.host,
    'x-api-key': target.apiKey,
    // An encoded answer would hide both the key and the token counts from the gateway.
    'accept-encoding': 'identity',
    ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }),
  };
}

/** Calls `onLate` unless the connection (with TLS) stands within `ms`; gives a function that stops waiting. */
export function watchConnecting(request: ClientRequest, ms: number, onLate: () => void): () => void {
  const timer = setTimeout(onLate, ms);
  const stop = (): void => clearTimeout(timer);
  request.once('socket', (socket) => {
    if (!socket.connecting) stop();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop);
  });
  request.once('close', stop);
  return stop;
}
