/** Every route of the API by its name, which is its operationId in openapi.yaml. */
import * as v from 'valibot';
import type { RouteFacts } from '../route.ts';
import * as agents from './agents.ts';
import * as alerts from './alerts.ts';
import * as approvals from './approvals.ts';
import * as attention from './attention.ts';
import * as browsers from './browsers.ts';
import * as budgets from './budgets.ts';
import * as files from './files.ts';
import * as firstRun from './first-run.ts';
import * as keys from './keys.ts';
import * as mailOut from './mail-out.ts';
import * as mailViews from './mail-views.ts';
import * as mails from './mails.ts';
import * as me from './me.ts';
import * as outbox from './outbox.ts';
import * as retention from './retention.ts';
import * as runs from './runs.ts';
import * as search from './search.ts';
import * as senders from './senders.ts';
import * as sending from './sending.ts';
import * as server from './server.ts';
import * as sessions from './sessions.ts';
import * as tokens from './tokens.ts';
import * as usage from './usage.ts';

const modules = [
  me,
  firstRun,
  agents,
  senders,
  mails,
  mailViews,
  attention,
  runs,
  search,
  sessions,
  files,
  outbox,
  approvals,
  budgets,
  usage,
  keys,
  tokens,
  retention,
  browsers,
  alerts,
  mailOut,
  sending,
  server,
];

const declared = modules.flatMap((module): [string, unknown][] => Object.entries(module));
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** By path, then method. */
export const ROUTES: ReadonlyMap<string, RouteFacts> = new Map(
  declared
    .flatMap(([name, value]): [string, RouteFacts][] => (isRoute(value) ? [[name, value]] : []))
    .sort(([, a], [, b]) => compare(a.path, b.path) || METHODS.indexOf(a.method) - METHODS.indexOf(b.method)),
);

/** The schemas that have names, by them. */
export const SCHEMAS: Readonly<Record<string, v.GenericSchema>> = Object.fromEntries(
  declared
    .flatMap(([, value]): [string, v.GenericSchema][] => {
      const name = isSchema(value) ? v.getTitle(value) : undefined;
      return isSchema(value) && name !== undefined ? [[name, value]] : [];
    })
    .sort(([a], [b]) => compare(a, b)),
);

function isRoute(value: unknown): value is RouteFacts {
  return typeof value === 'object' && value !== null && 'method' in value && 'answer' in value;
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
