/** What the pages and the API work with, over one invocation. */
import { backlog, recentTotals } from '@tinyfat/database';
import { webhookTakers } from '@tinyfat/intake';
import { dohResolver, mailDomainLook } from '@tinyfat/mail';
import { clientNetwork } from '@tinyfat/mail/network';
import { previewRetention, type RetentionDeps, runRetention } from '@tinyfat/retention';
import type { NamedModel } from '@tinyfat/settings';
import { folderRunEvents } from '@tinyfat/storage';
import { createAccounts } from '../accounts/create-accounts.ts';
import { signInKey } from '../accounts/sign-in-key.ts';
import { createAsk } from '../api/ask.ts';
import { createApi } from '../api/create-api.ts';
import type { ApiDeps } from '../api/deps.ts';
import { openDecisionLink } from '../approvals/decision-link.ts';
import type { Backend } from '../contract.ts';
import { healthReport, takesWebhooks } from '../operations/health-report.ts';
import { METRICS_TEXT_TYPE, metricsText } from '../operations/metrics-text.ts';
import { readiness } from '../operations/readiness.ts';
import { faultReporter } from '../operations/report-fault.ts';
import type { PlatformBindings } from './bindings.ts';
import { readinessChecks } from './checks.ts';
import type { PlatformConfig } from './config.ts';
import type { Invocation } from './invocation.ts';
import type { Isolate } from './isolate.ts';
import { lookAround, SEE_CLOUDFLARE } from './look-around.ts';

const HOUR_MS = 3_600_000;
const MEGABYTE = 1024 * 1024;

/**
 * Postmark's JSON has a mail twice, as the message and as its files: so much is the largest mail that is taken here. Parsed,
 * it takes four times its bytes, so there is one of them at a time.
 */
const POSTMARK_BYTES = { maxBytes: 22 * MEGABYTE, shareBytes: 24 * MEGABYTE };

/**
 * Events of a running turn are stored every two seconds. Each look asks the database and the bucket once or twice. A stream
 * is short, since the end of one whose client has left may go unseen; a client
 * resumes after the last event's id.
 */
const STREAMS = { pollMs: 1000, mostMs: 60_000 };

/** Each file of a folder is asked for by itself, and an invocation may ask ten thousand times; no turn begins with more files. */
const ARCHIVE_ENTRIES = 5000;

/** Who answers when somebody looks at the mail domain. */
const DNS_OVER_HTTPS = 'https://cloudflare-dns.com/dns-query';

/** A run that takes longer ends there: the cron of the consumer goes on with it. */
const RETENTION_MS = 60_000;

/** Made for each request. `models` are those that the build names. */
export async function makeBackend(
  env: PlatformBindings,
  invocation: Invocation,
  isolate: Isolate,
  models: readonly NamedModel[],
): Promise<Backend> {
  const { config, runtime, randomBytes, db, wakeUp, rawMail } = invocation;
  const { clock, makeId, logger } = runtime;
  const { publicUrl, mailDomain, metricsToken } = config;
  const key = signInKey(config.signInKey.bytes);
  const accounts = await createAccounts({
    ...runtime,
    db,
    signUp: config.signUp,
    adminEmails: config.adminEmails,
    randomBytes,
    publicUrl,
    key,
    networkOf: clientNetwork,
    wakeUp,
    oidc: config.oidc,
  });
  const checks = readinessChecks(env, invocation, isolate);
  const deps = apiDeps(env, invocation, isolate, {
    viewer: accounts.viewer,
    models,
    health: async () => {
      const ready = await readiness({ checks, warnings: {} });
      // A database that is away is said by its check.
      const found = await lookAround(db, clock()).catch(() => []);
      return healthReport(ready, found, SEE_CLOUDFLARE);
    },
  });
  return {
    publicUrl,
    mailDomain,
    checks,
    warnings: {},
    metrics: {
      contentType: METRICS_TEXT_TYPE,
      async render() {
        const now = clock();
        return metricsText(await backlog(db, now), await recentTotals(db, now - HOUR_MS, now));
      },
    },
    metricsToken,
    webhooks: webhookTakers(config.webhooks, {
      ...runtime,
      db,
      rawMail,
      wakeUp,
      postmarkBytes: POSTMARK_BYTES,
    }),
    accounts,
    api: (...asked) => createApi(deps)(...asked),
    askFor: (asker) => createAsk(deps)(asker),
    openDecision: (token) => openDecisionLink({ db, key, now: clock() }, token),
    reportFault: faultReporter(logger, makeId),
  };
}

function apiDeps(
  env: PlatformBindings,
  { config, runtime, randomBytes, db, folders, rawMail, workers, mails, wakeUp }: Invocation,
  { streams }: Isolate,
  own: Pick<ApiDeps, 'viewer' | 'models' | 'health'>,
): ApiDeps {
  const { clock } = runtime;
  const { retention: days } = config;
  const retention: RetentionDeps = { ...runtime, db, folders, rawMail, days };
  // An invocation is ended by its client, or by the bound of its streams.
  const stopping = new AbortController().signal;
  return {
    ...runtime,
    ...own,
    db,
    folders,
    rawMail,
    composer: workers,
    mailViewer: workers,
    events: folderRunEvents(folders, clock),
    randomBytes,
    mailDomain: config.mailDomain,
    adminEmails: config.adminEmails,
    operatorPays: config.operatorPays,
    mailDomainLook: mailDomainLook({
      domain: config.mailDomain,
      publicUrl: config.publicUrl,
      receives: receivedBy(config.webhooks),
      provider: config.mailProvider,
      relay: null,
      resolver: (budgetMs) =>
        dohResolver({ url: DNS_OVER_HTTPS, fetch: (...asked) => fetch(...asked), budgetMs }),
      fetch: (...asked) => fetch(...asked),
    }),
    // Mail always leaves: a provider is needed there.
    localMail: null,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    folderQuotaBytes: config.folderQuotaBytes,
    archiveBounds: { bytes: config.folderQuotaBytes, entries: ARCHIVE_ENTRIES },
    retention: {
      days,
      preview: () => previewRetention(retention, stopping),
      run: async () =>
        (await runRetention(retention, { daily: false, signal: AbortSignal.timeout(RETENTION_MS) })) ?? {},
    },
    mayCreateAgents: async () => config.signUp === 'open',
    mails,
    mailOut: {
      provider: config.mailProvider.kind,
      host: new URL(config.mailProvider.baseUrl).host,
      // What the last tries met is in the rows of the deliveries.
      problem: () => null,
    },
    takesWebhooks: takesWebhooks(config.webhooks),
    // A method of a binding is called on it.
    storeKey: (key) => env.KEYS.storeKey(key),
    wakeUp,
    stopping,
    streams: { ...STREAMS, open: streams },
  };
}

/** Mail comes by a webhook where one is set, else by Email Routing. */
function receivedBy({ resendSecrets, postmarkCredentials }: PlatformConfig['webhooks']) {
  if (resendSecrets.length > 0) return 'resend';
  return postmarkCredentials.length > 0 ? 'postmark' : 'email-routing';
}
