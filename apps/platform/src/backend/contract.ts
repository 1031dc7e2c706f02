/**
 * What the pages need of the rest of the system. The composition (`apps/cli` on Node) makes one and hands it to every
 * request; nothing else in this app knows the runtime that it lives in.
 */

import type { ByteReservation, ErrorCode } from '@tinyfat/core';
import type { AgentOverview } from '@tinyfat/database';
import type { Accounts, Viewer } from '../accounts/contract.ts';
import type { ReportFault } from '../operations/report-fault.ts';

/** Where a request came from, as the composition tells it: behind a trusted proxy the address that the proxy names. */
export interface RequestOrigin {
  /** IP address of the client in text form. */
  clientAddress: string;
  /** The client is a program on this machine that came without a proxy. */
  local: boolean;
}

/** One thing that must work; gives null, or a sentence about what is wrong. */
export type ReadinessCheck = () => Promise<string | null> | string | null;

/** What Prometheus reads. */
export interface MetricsPage {
  contentType: string;
  render(): Promise<string>;
}

/** Takes the webhooks of mail providers; 200 only once what they tell is durable. */
export interface WebhookTakers {
  takeResend(request: WebhookRequest): Promise<WebhookAnswer>;
  takePostmark(request: WebhookRequest): Promise<WebhookAnswer>;
}

/** A webhook as it came; `reservation` counts the bytes of its body. */
export interface WebhookRequest {
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  reservation: ByteReservation;
}

/** What a provider is answered; `code` and `reason` are null where all is well. */
export interface WebhookAnswer {
  status: number;
  code: ErrorCode | null;
  reason: string | null;
}

export interface Backend {
  /** The address under which people reach the pages; its origin is the only one that forms may come from. */
  publicUrl: URL;
  /** What must work before the server counts as ready, by name. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** What should work and keeps no mail from being taken, such as the way out, by name. */
  warnings: Readonly<Record<string, ReadinessCheck>>;
  metrics: MetricsPage;
  webhooks: WebhookTakers;
  accounts: Accounts;
  /** Agents are `name@mailDomain`. */
  mailDomain: string;
  /** The first of the agents that a person may see, by name, and how many there are. */
  overview(viewer: Viewer): Promise<{ agents: AgentOverview[]; total: number }>;
  /** Answers whatever is below `/api/v1`; never rejects. */
  api(request: Request, from: RequestOrigin, held: ByteReservation): Promise<Response>;
  /** Told of what a page did not expect; gives the id that the person may read. */
  reportFault: ReportFault;
}

/** What the composition gives with each request. */
export interface RequestParts {
  backend: Backend;
  origin: RequestOrigin;
  /** Where bytes of this request that are held in memory are counted. Whoever made it releases it after the answer. */
  held: ByteReservation;
}
