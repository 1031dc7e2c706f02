/** The server of this machine as an installation. */
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { postResend, WEBHOOK_SECRET } from '@tinyfat/testing/stand-ins/webhooks';
import { apiClient } from './api.ts';
import type { Composition, CompositionOptions } from './installation.ts';
import { startTinyfat } from './tinyfat.ts';
import { apiKey, OWNER } from './webhooks.ts';

/** Starts it without an SMTP listener. */
export async function embedded({ environment, records }: CompositionOptions): Promise<Composition> {
  const model = await startAnthropicStandIn();
  const resend = await startResendStandIn({ apiKey });
  const dns = await startDnsStub(records);
  const server = await startTinyfat({
    environment: {
      ADMIN_EMAILS: OWNER,
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      DNS_SERVERS: dns.address,
      SMTP_PORT: '0',
      RESEND_API_KEY: apiKey,
      RESEND_BASE_URL: resend.url,
      RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ...environment,
    },
  });
  const url = `http://${server.host}:8025`;
  return {
    model,
    resend,
    url,
    api: await apiClient(server, OWNER, 'read', 'write', 'keys', 'admin'),
    post: (event) => postResend(url, event),
    async dispose() {
      await server.dispose();
      await dns.close();
      await resend.close();
      await model.close();
    },
  };
}
