/**
 * What the pages need of the rest of the system. The composition (`apps/server` on Node) makes a backend and gives it to
 * every request; outside of `node/` and `cloudflare/` nothing in this app knows its runtime.
 */

import type { ByteReservation } from '@tinyfat/core';
import type { Accounts } from './accounts/contract.ts';
import type { AskFor } from './api/ask.ts';
import type { OpenedLink } from './approvals/decision-link.ts';
import type { RequestOrigin } from './http/request-origin.ts';
import type { WebhookTakers } from './http/webhook-route.ts';

export type { RequestOrigin } from './http/request-origin.ts';
export type { WebhookAnswer, WebhookRequest, WebhookTakers } from './http/webhook-route.ts';

/** One thing that must work; gives null, or a sentence about what is wrong. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

/** What Prometheus reads. */
interface MetricsPage {
  contentType: string;
  render(): Promise<string>;
}

/**
 * Writes what broke to the log, and gives the id of that line: the person reads the id and nothing of the error.
 * `route` is the pattern of a route, since the address that was asked for may hold a secret.
 */
export type ReportFault = (error: unknown, route: string) => string;

export interface Backend {
  /** The address under which people reach the pages; its origin is the only one that forms may come from. */
  publicUrl: URL;
  /** Checks that make the server ready, by name. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** Checks that do not prevent taking mail, such as of the way out, by name. */
  warnings: Readonly<Record<string, ReadinessCheck>>;
  metrics: MetricsPage;
  /** What a program that is not on this machine shows to read the metrics; null: it can't. */
  metricsToken: string | null;
  webhooks: WebhookTakers;
  accounts: Accounts;
  /** Agents are `name@mailDomain`. */
  mailDomain: string;
  /** Answers every request below `/api/v1`; never rejects. */
  api(request: Request, from: RequestOrigin, reservation: ByteReservation): Promise<Response>;
  /** What the mailed link of a mail to be approved opens. */
  openDecision(token: string): Promise<OpenedLink>;
  /** Asks the API in this process, for the pages of one request. */
  askFor: AskFor;
  reportFault: ReportFault;
}

/** What the composition gives with each request. */
export interface RequestContext<B = Backend> {
  backend: B;
  origin: RequestOrigin;
  /** Counts the bytes of this request that are in memory; the server releases it after the answer. */
  reservation: ByteReservation;
}
