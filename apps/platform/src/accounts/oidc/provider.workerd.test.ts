/** The OpenID provider as a Worker speaks to it: its fetch, its WebCrypto. */
import { toBase64url } from '@tinyfat/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openProvider } from './provider.ts';

const ISSUER = 'https://login.example.com';
const SETTINGS = { issuer: ISSUER, clientId: 'tinyfat', clientSecret: 'secret' };
const EXCHANGE = { state: 's'.repeat(43), verifier: 'v'.repeat(43), nonce: 'n'.repeat(43) };
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

const encoded = (part: object) => toBase64url(new TextEncoder().encode(JSON.stringify(part)));

async function keys() {
  const algorithm = { ...RS256, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('no pair');
  return pair;
}

describe('in a Worker, an OpenID provider', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is found, sent a challenge, and believed for a token of its own key and our nonce alone', async () => {
    const { privateKey, publicKey } = await keys();
    const jwk = {
      ...(await crypto.subtle.exportKey('jwk', publicKey)),
      kid: 'one',
      alg: 'RS256',
      use: 'sig',
    };
    const now = Math.floor(Date.now() / 1000);
    const idToken = async () => {
      const claims = {
        ...{ iss: ISSUER, aud: 'tinyfat', sub: 'ann', iat: now, exp: now + 300, nonce: EXCHANGE.nonce },
        email: 'ann@example.com',
        email_verified: true,
      };
      const text = `${encoded({ alg: 'RS256', kid: 'one' })}.${encoded(claims)}`;
      const signature = await crypto.subtle.sign(RS256, privateKey, new TextEncoder().encode(text));
      return `${text}.${toBase64url(new Uint8Array(signature))}`;
    };
    vi.stubGlobal('fetch', async (input: Request | URL | string) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      switch (pathname) {
        case '/.well-known/openid-configuration':
          return Response.json({
            issuer: ISSUER,
            authorization_endpoint: `${ISSUER}/auth`,
            token_endpoint: `${ISSUER}/token`,
            jwks_uri: `${ISSUER}/jwks`,
            id_token_signing_alg_values_supported: ['RS256'],
          });
        case '/jwks':
          return Response.json({ keys: [jwk] });
        case '/token':
          return Response.json({ access_token: 'a', token_type: 'Bearer', id_token: await idToken() });
        default:
          return new Response(null, { status: 404 });
      }
    });
    const opened = await openProvider(SETTINGS, new URL('https://agents.example'));
    if (!opened.ok) throw new Error(opened.text);
    const { provider } = opened;
    const url = new URL(await provider.authorizationUrl(EXCHANGE));
    expect(url.href.startsWith(`${ISSUER}/auth?`)).toBe(true);
    expect(url.searchParams.get('redirect_uri')).toBe('https://agents.example/sign-in/oidc/callback');
    expect(await provider.profile('code', EXCHANGE)).toEqual({
      ok: true,
      profile: { email: 'ann@example.com', emailVerified: true },
    });
    expect(await provider.profile('code', { ...EXCHANGE, nonce: 'other' })).toMatchObject({ why: 'refused' });
  });
});
