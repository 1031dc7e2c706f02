/** An OpenID provider on loopback that signs whatever it is told to: what oidc-provider would never do. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { listenOnLoopback } from './loopback-server.ts';

export interface ForgedOpenIdProvider {
  settings: { issuer: string; clientId: string; clientSecret: string };
  /** Changes what the discovery document says. */
  discovery: Record<string, unknown>;
  /** Changes the claims of the next ID tokens, which are right otherwise. `undefined` leaves one out. */
  claims: Record<string, unknown>;
  /** Changes the header of ID tokens, and what they are signed with. */
  header: Record<string, unknown>;
  signature: 'own' | 'foreign' | 'none';
  /** What `/me` says to the access token. */
  userinfo: Record<string, unknown>;
  /** The token answer has no ID token. */
  withoutIdToken: boolean;
  /** The bodies of questions for tokens. */
  asked: URLSearchParams[];
  /** The nonce of the authorization request, as the browser would bring it. */
  nonce: string;
  close(): Promise<void>;
}

/** Starts it. */
export async function openForgedOpenIdProvider(): Promise<ForgedOpenIdProvider> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/token') opened.asked.push(new URLSearchParams(Buffer.concat(chunks).toString()));
    const body = answerTo(request.url ?? '');
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const { url, close } = await listenOnLoopback(http);
  const opened: ForgedOpenIdProvider = {
    settings: { issuer: url, clientId: 'tinyfat', clientSecret: 'secret' },
    discovery: {},
    claims: {},
    header: {},
    signature: 'own',
    userinfo: {},
    withoutIdToken: false,
    asked: [],
    nonce: '',
    close,
  };
  const answerTo = (path: string): object | null => {
    switch (path) {
      case '/.well-known/openid-configuration':
        return {
          issuer: url,
          authorization_endpoint: `${url}/auth`,
          token_endpoint: `${url}/token`,
          userinfo_endpoint: `${url}/me`,
          jwks_uri: `${url}/jwks`,
          id_token_signing_alg_values_supported: ['RS256'],
          ...opened.discovery,
        };
      case '/jwks':
        return {
          keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'RS256', use: 'sig' }],
        };
      case '/token':
        return {
          access_token: 'access',
          token_type: 'Bearer',
          ...(opened.withoutIdToken ? {} : { id_token: idToken() }),
        };
      case '/me':
        return opened.userinfo;
      default:
        return null;
    }
  };
  const idToken = () => {
    const now = Math.floor(Date.now() / 1000);
    const head = { alg: 'RS256', kid: 'own', typ: 'JWT', ...opened.header };
    const claims = {
      iss: url,
      aud: opened.settings.clientId,
      sub: 'person',
      iat: now,
      exp: now + 300,
      nonce: opened.nonce,
      email: 'ann@example.com',
      email_verified: true,
      ...opened.claims,
    };
    const text = `${encoded(head)}.${encoded(claims)}`;
    return `${text}.${signed(text, { own: own.privateKey, foreign: foreign.privateKey, none: null }[opened.signature])}`;
  };
  return opened;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function signed(text: string, key: KeyObject | null): string {
  return key === null ? '' : sign('sha256', Buffer.from(text), key).toString('base64url');
}
