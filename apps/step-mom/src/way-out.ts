/** How a run gets out of its sandbox. */
import { startForwarder } from './forwarder.ts';

/** What the platform gives a run. */
export type Gateway =
  /** A unix socket, to which a port on 127.0.0.1 (0 picks one) is forwarded. */
  | { socketPath: string; port: number }
  /**
   * All that leaves on the ports of HTTP is intercepted, and nothing else leaves: the gateway answers at `url`, without a
   * slash at its end. Over HTTPS it shows certificates of the authority in that PEM file.
   */
  | { url: string; authorityFile: string };

/** A way out that is open. */
export interface WayOut {
  /** Where the gateway is asked, without a slash at its end. */
  gatewayUrl: string;
  /** What the agent's commands have in their environment to find it. */
  environment: Record<string, string>;
  close(): void;
}

/** Opens it. Rejects when the port can't be had. */
export async function openWayOut(gateway: Gateway): Promise<WayOut> {
  if ('url' in gateway) {
    return { gatewayUrl: gateway.url, environment: trust(gateway.authorityFile), close() {} };
  }
  const { port, close } = await startForwarder(gateway.socketPath, gateway.port);
  const gatewayUrl = `http://127.0.0.1:${port}`;
  return { gatewayUrl, environment: proxies(gatewayUrl), close };
}

/** Every usual way of naming a proxy. Node uses it from 22.21 on. Addresses of the sandbox itself need no proxy. */
export function proxies(proxy: string): Record<string, string> {
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
  };
}

/** Every usual way of naming an authority: OpenSSL and what stands on it, Node, curl, git, Python's requests and pip. */
function trust(authorityFile: string): Record<string, string> {
  return {
    SSL_CERT_FILE: authorityFile,
    NODE_EXTRA_CA_CERTS: authorityFile,
    CURL_CA_BUNDLE: authorityFile,
    GIT_SSL_CAINFO: authorityFile,
    REQUESTS_CA_BUNDLE: authorityFile,
    PIP_CERT: authorityFile,
  };
}
