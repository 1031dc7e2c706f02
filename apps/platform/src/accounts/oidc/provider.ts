/**
 * The OpenID provider as better-auth's generic OAuth plugin speaks to it: discovery, PKCE, the exchange of the code, and the
 * check of the ID token's signature, issuer, audience, age and nonce. Of better-auth's routes none is mounted, and it
 * stores nothing: what a proven identity may do is decided in `oidc-sign-in.ts`.
 *
 * It is an instance of its own, made when somebody signs in this way: sessions must not wait for a provider.
 */
import { fromBase64url, parseJson, toBase64url } from '@tinyfat/core';
import type { OidcSettings } from '@tinyfat/settings';
import { betterAuth } from 'better-auth/minimal';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import * as v from 'valibot';

/** Where the provider sends browsers back to; to be registered there. */
export const CALLBACK_PATH = '/sign-in/oidc/callback';

/** One way to the provider and back; all but the code are made here. */
export interface OidcExchange {
  state: string;
  /** PKCE verifier (RFC 7636). */
  verifier: string;
  nonce: string;
}

/** What the provider says about who came back; nothing of it is believed yet but that the provider said it. */
export interface OidcProfile {
  email: unknown;
  emailVerified: unknown;
}

/** `unreachable`: no answer, or no provider of this name; `refused`: an answer that proves nothing. The text is for the log. */
export type OidcFailure = { ok: false; why: 'unreachable' | 'refused'; text: string };

export interface OidcProvider {
  /** The address at the provider that the browser is sent to. */
  authorizationUrl(exchange: OidcExchange): Promise<string>;
  /** The person behind a code. */
  profile(
    code: string,
    exchange: Pick<OidcExchange, 'verifier' | 'nonce'>,
  ): Promise<{ ok: true; profile: OidcProfile } | OidcFailure>;
}

/** Each question to the provider takes at most this long. */
const DEADLINE_MS = 10_000;
const ID = 'oidc';

const claims = v.object({
  email: v.optional(v.unknown()),
  email_verified: v.optional(v.unknown()),
});
const authorizedParty = v.object({ azp: v.optional(v.string()) });

/** Reads the provider's discovery document. It is asked anew after a failure, and by each process or invocation. */
export async function openProvider(
  { issuer, clientId, clientSecret }: OidcSettings,
  publicUrl: URL,
): Promise<{ ok: true; provider: OidcProvider } | OidcFailure> {
  const redirectURI = new URL(CALLBACK_PATH, publicUrl).href;
  const auth = betterAuth({
    baseURL: publicUrl.origin,
    // Signs nothing here: this instance has no cookies and no rows.
    secret: toBase64url(crypto.getRandomValues(new Uint8Array(32))),
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: ID,
            discoveryUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
            clientId,
            clientSecret,
            scopes: ['openid', 'email'],
            redirectURI,
            pkce: true,
            requireIdTokenVerification: true,
            tokenEndpointAuth: { method: 'client_secret_basic' },
          },
        ],
      }),
    ],
  });
  const context = await within(auth.$context);
  const provider = context?.socialProviders.find(({ id }) => id === ID);
  if (!provider?.idToken) return failed('unreachable', 'discovery gave no provider that signs ID tokens');
  if (provider.issuer !== issuer) {
    return failed(
      'unreachable',
      `the provider names itself ${provider.issuer}: set OIDC_ISSUER to exactly that`,
    );
  }
  return {
    ok: true,
    provider: {
      async authorizationUrl({ state, verifier, nonce }) {
        const url = await provider.createAuthorizationURL({
          state,
          codeVerifier: verifier,
          idTokenNonce: nonce,
          redirectURI,
        });
        return url.href;
      },
      async profile(code, { verifier, nonce }) {
        const tokens = await within(
          provider.validateAuthorizationCode({ code, codeVerifier: verifier, redirectURI }),
        );
        if (tokens === null) return failed('refused', 'the code was not exchanged');
        // Without an ID token the plugin would believe whatever the access token opens.
        if (!tokens.idToken) return failed('refused', 'there is no ID token');
        const info = await within(provider.getUserInfo({ ...tokens, expectedIdTokenNonce: nonce }));
        if (!info) return failed('refused', 'the ID token is not one for this sign-in');
        if (!isForUs(tokens.idToken, clientId))
          return failed('refused', 'the ID token was made for another client');
        const said = v.safeParse(claims, info.data);
        if (!said.success) return failed('refused', 'the claims can not be read');
        return { ok: true, profile: { email: said.output.email, emailVerified: said.output.email_verified } };
      },
    },
  };
}

/** OpenID Connect Core 1.0, section 3.1.3.7, rules 4 and 5; the token's signature has been checked. */
function isForUs(idToken: string, clientId: string): boolean {
  const bytes = fromBase64url(idToken.split('.')[1] ?? '');
  const payload = bytes === null ? undefined : parseJson(new TextDecoder().decode(bytes));
  const parsed = v.safeParse(authorizedParty, payload);
  return parsed.success && (parsed.output.azp === undefined || parsed.output.azp === clientId);
}

function failed(why: OidcFailure['why'], text: string): OidcFailure {
  return { ok: false, why, text };
}

/** The result; null where it fails or takes too long. What it says about itself may repeat a code. */
async function within<Result>(work: Promise<Result>): Promise<Result | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), DEADLINE_MS);
  });
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
