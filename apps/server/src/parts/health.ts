/** Health and metrics of a process that serves no pages, on a port of their own. */
import type { Runtime } from '@tinyfat/core';
import { faultReporter, type ReadinessCheck } from '@tinyfat/platform';
import { type HttpServer, type Metrics, startHealthServer } from '@tinyfat/platform/node';
import type { Config } from '../config.ts';
import type { Part } from './part.ts';

interface HealthDeps extends Pick<Runtime, 'logger' | 'makeId'> {
  checks: Readonly<Record<string, ReadinessCheck>>;
  metrics: Metrics;
  /** What keeps mail from leaving; null where it leaves. */
  mailOutWarning(): string | null;
}

const DRAIN_MS = 1000;

/** Listens; null where no port is configured. Rejects for a port that is taken. */
export function health(config: Config, { logger, makeId, ...deps }: HealthDeps): Part<HttpServer | null> {
  return {
    name: 'health',
    async start() {
      if (config.healthPort === null) return null;
      return await startHealthServer({
        host: config.http.host,
        port: config.healthPort,
        trustedProxies: config.trustedProxies,
        logger,
        backend: {
          publicUrl: new URL(config.publicUrl),
          reportFault: faultReporter(logger, makeId),
          checks: deps.checks,
          warnings: { mail_out: () => deps.mailOutWarning() },
          metrics: deps.metrics,
          metricsToken: config.metricsToken,
        },
      });
    },
    stop: (server) => server?.close(DRAIN_MS),
  };
}
