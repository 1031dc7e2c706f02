/**
 * An OpenID provider on loopback: oidc-provider, which is certified. Its person is signed in there already, so that its page
 * leads straight back.
 */
import { createServer } from 'node:http';
import { type GrantContext, Provider } from 'oidc-provider';
import { listenOnLoopback } from './loopback-server.ts';

/** What the provider says about its person; both can be changed while it runs. */
interface Person {
  email: string;
  email_verified: boolean;
}

export interface OpenIdProvider {
  /** For OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET. */
  settings: { issuer: string; clientId: string; clientSecret: string };
  person: Person;
  /** The person refuses from then on. */
  denies: boolean;
  close(): Promise<void>;
}

const CLIENT = { client_id: 'tinyfat', client_secret: 'a-secret-of-the-client-0123456789' };

/** Starts it for one client, which it sends back to `redirectUri` only. */
export async function openOpenIdProvider(redirectUri: string, person: Person): Promise<OpenIdProvider> {
  const http = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      const result = opened.denies
        ? { error: 'access_denied', error_description: '<script>alert(1)</script>' }
        : { login: { accountId: 'person' } };
      void provider.interactionFinished(request, response, result);
    } else {
      answer(request, response);
    }
  });
  const server = await listenOnLoopback(http);
  const opened: OpenIdProvider = {
    settings: { issuer: server.url, clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret },
    person,
    denies: false,
    close: server.close,
  };
  const provider = new Provider(server.url, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['stand-in'] },
    // Without them it says at length that it has its own.
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...opened.person }),
    }),
    async loadExistingGrant({ oidc }: GrantContext) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  return opened;
}
