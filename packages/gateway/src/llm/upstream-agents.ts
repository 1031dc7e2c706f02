import http from 'node:http';
import https from 'node:https';

/** Connections to LLM endpoints, kept open and shared by all runs of a host. */
export interface UpstreamAgents {
  /** The one that fits the base URL's protocol. */
  for(url: URL): http.Agent;
  /** Closes every connection, also those in use. */
  close(): void;
}

/**
 * Idle connections stay for four minutes, less than what the usual front ends of such APIs keep them, and TCP
 * keep-alive finds those that died silently. Certificates are verified as Node does by default.
 */
export function createUpstreamAgents(): UpstreamAgents {
  const options = { keepAlive: true, keepAliveMsecs: 20_000, maxFreeSockets: 64, timeout: 240_000 };
  const plain = new http.Agent(options);
  const tls = new https.Agent(options);
  return {
    for: (url) => (url.protocol === 'https:' ? tls : plain),
    close() {
      plain.destroy();
      tls.destroy();
    },
  };
}

/** The base URL as given by the operator, without its last slash; throws when it is no http(s) URL. */
export function parseBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error('the LLM base URL must begin with https:// or http://');
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}
